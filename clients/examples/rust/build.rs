// Stubs of the module in proto/, as one file of nested modules: see `mod schema` in main.rs.
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = tonic_prost_build::Config::new();
    config
        .protoc_executable(protoc_bin_vendored::protoc_bin_path()?)
        .include_file("schema.rs")
        .enable_type_names() // a request in an Any is named
        .type_name_domain(["."], "type.googleapis.com");
    let mut files = vec!["proto/imports/pannier/v1/transaction.proto".into()];
    for entry in Path::new("proto/repositories/shop/v1").read_dir()? {
        files.push(entry?.path());
    }
    files.sort();
    let roots = ["proto/repositories", "proto/entities", "proto/imports"].map(Into::into);
    tonic_prost_build::configure().build_server(false).compile_with_config(config, &files, &roots)?;
    Ok(())
}
