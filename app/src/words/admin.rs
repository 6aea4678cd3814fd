//! What the panel says around its places, and before somebody is let in.

words! {
    /// The way into the panel.
    SignIn {
        title: "Sign in", "登录";
        about: "The panel pushes to everybody who listens here, so it asks who you are.",
            "管理面板可以向所有在线客户端推送消息，因此需要确认您的身份。";
        token: "Admin token", "管理令牌";
        sign_in: "Sign in", "登录";
        sign_out: "Sign out", "退出登录";
        no_token: "This server has no admin token, so its panel is open to pages on its own machine only.",
            "此服务器没有设置管理令牌，因此管理面板只对本机开放。";
        start_with: "Start it with {flag} to sign in from elsewhere.",
            "启动时加上 {flag}，即可从其他机器登录。";
    }
}

words! {
    /// The frame of the panel.
    Panel {
        places: "Places of the panel", "管理面板导航";
        overview: "Overview", "概览";
        clients: "Clients", "客户端";
        messages: "Messages", "消息";
        push: "Push", "推送";
        about_overview: "How this node is, now and over the last hour.", "此节点的当前状态与最近一小时的变化。";
        about_clients: "Who listens, and who was here before.", "谁在收听，谁曾经来过。";
        about_messages: "What was pushed, and what became of it.", "推送过什么，结果如何。";
        about_push: "Tell one client, some, a topic, or everyone.", "向一个客户端、若干客户端、一个主题或所有人推送。";
        try_again: "Try again", "重试";
    }
}
