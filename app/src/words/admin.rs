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
