//! What *Try it* says.

words! {
    /// The lines to try.
    Trying {
        about: "A few lines are all it takes. These are for this very server.", "只需几行代码，以下内容已按此服务器填好。";
        language: "Language", "编程语言";
        lines: "the lines", "代码";
        pushes: "This pushes to the client:", "向该客户端推送：";
        listens: "This listens as the client, on any page:", "在任意页面中以该客户端的身份收听：";
        token: "Where the server has an admin token, a push from elsewhere needs the header Authorization: Bearer TOKEN.",
            "若服务器设置了管理令牌，从其他机器推送时需加请求头 Authorization: Bearer TOKEN。";
        listen: "Listen in this tab", "在此标签页收听";
        api: "The whole API", "完整 API 文档";
    }
}
