"""Stubs in gen/, made by grpcio-tools of the module in proto/."""

from pathlib import Path

import grpc_tools
from grpc_tools import protoc

here = Path(__file__).parent
roots = [here / "proto" / name for name in ("repositories", "entities", "imports")]
files = [path for root in roots for path in sorted(root.rglob("*.proto"))]
output = here / "gen"
output.mkdir(exist_ok=True)
status = protoc.main(
    ["protoc", f"-I{Path(grpc_tools.__file__).parent / '_proto'}"]
    + [f"-I{root}" for root in roots]
    + [f"--python_out={output}", f"--pyi_out={output}", f"--grpc_python_out={output}"]
    + [str(path) for path in files]
)
raise SystemExit(status)
