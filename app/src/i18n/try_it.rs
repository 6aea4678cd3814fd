//! Texts of the page *Try it*.

texts! {
    /// The example code.
    TryIt {
        about: "Example code to push and to subscribe, with the address of this server filled in.",
            "推送与订阅的示例代码，已填好此服务器的地址。";
        language: "Language", "编程语言";
        lines: "the code", "代码";
        pushes: "This code pushes to the client:", "这段代码向该客户端推送：";
        listens: "This code subscribes as the client, on any page:",
            "这段代码在任意页面中以该客户端的身份订阅：";
        token: "If the server has an admin token, pushes from other machines need the header Authorization: Bearer TOKEN.",
            "若服务器设置了管理令牌，从其他机器推送时需加请求头 Authorization: Bearer TOKEN。";
        listen: "Open the subscriber page", "打开订阅页面";
        api: "API reference", "API 文档";
    }
}
