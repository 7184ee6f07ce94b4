// Provides grpcurl to the tests that call Pannier as a person would.
import { goTool } from "./go-tool.ts";

/** Answers the path of a grpcurl executable; see goTool for where it comes from and when it throws. */
export async function grpcurl(): Promise<string> {
  return goTool({
    name: "grpcurl",
    package: "github.com/fullstorydev/grpcurl/cmd/grpcurl",
    version: "v1.9.4",
    namedBy: "PANNIER_TEST_GRPCURL",
  });
}
