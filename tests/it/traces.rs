//! Spans of requests, sent to a collector of OpenTelemetry.

#[cfg(not(feature = "otlp"))]
#[test]
fn a_program_that_was_built_without_them_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["serve", "--otlp-endpoint", "http://127.0.0.1:4318"];
    let (code, text) = crate::command::run(folder.path(), &args);
    assert_ne!(code, Some(0));
    assert!(text.contains("--otlp-endpoint"), "{text}");
    assert!(text.contains("without the feature `otlp`"), "{text}");
}

#[cfg(feature = "otlp")]
mod with_a_collector {
    use axum::{Router, body::Bytes, routing::post};
    use serde_json::{Value, json};
    use tokio::{net::TcpListener, sync::mpsc};

    use crate::harness::{Server, within};

    /// A trace and a span of the standard's examples.
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    /// A collector, and what it gets.
    async fn collector() -> (String, mpsc::UnboundedReceiver<Bytes>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, received) = mpsc::unbounded_channel();
        let take = move |body: Bytes| {
            let _ = sender.send(body);
            std::future::ready(())
        };
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async { axum::serve(listener, router).await });
        (url, received)
    }

    fn bytes_of(hex: &str) -> Vec<u8> {
        let digits = (0..hex.len()).step_by(2);
        digits
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
            .collect()
    }

    fn has(body: &[u8], part: &[u8]) -> bool {
        body.windows(part.len()).any(|window| window == part)
    }

    #[tokio::test]
    async fn a_push_is_a_span_of_the_trace_that_it_names() {
        let (url, mut received) = collector().await;
        let server = Server::with(&["--otlp-endpoint", &url]).await;
        let request = server
            .http
            .post(server.url("/push"))
            .header("traceparent", format!("00-{TRACE}-{SPAN}-01"))
            .json(&json!({"to": {"client": "ada"}, "data": "traced"}));
        let answer = within(request.send()).await.expect("an answer");
        let answer: Value = within(answer.json()).await.expect("JSON");
        let id = answer["id"].as_str().expect("a cursor").to_owned();
        // What was not sent yet is sent at the end.
        server.stopped().await;
        // The span has the trace, its parent, a name with the route, and the message.
        let wanted = [
            bytes_of(TRACE),
            bytes_of(SPAN),
            b"POST /push".to_vec(),
            b"http.response.status_code".to_vec(),
            id.into_bytes(),
        ];
        within(async {
            loop {
                let body = received.recv().await.expect("spans");
                if wanted.iter().all(|part| has(&body, part)) {
                    return;
                }
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_collector_that_is_not_there_disturbs_nobody() {
        let server = Server::with(&["--otlp-endpoint", "http://127.0.0.1:1"]).await;
        assert_eq!(server.get("/health/live").await.status(), 200);
        server.stopped().await;
    }
}
