// cargo add ureq --features json && cargo add serde_json
fn main() -> Result<(), ureq::Error> {
    let push = serde_json::json!({"to": {"client": "CLIENT"}, "data": "Hello from Rust"});
    let answer = ureq::post("ORIGIN/push").send_json(push)?;
    println!("{}", answer.status());
    Ok(())
}
