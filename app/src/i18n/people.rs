//! Texts of the sections *People* and *Account*.

texts! {
    /// The people.
    People {
        list: "People", "人员";
        none: "Nobody yet. Add the people who use this panel.", "还没有人员。请添加使用此面板的人员。";
        older: "Show more", "显示更多";
        added: "Added", "添加时间";
        signed_in: "Last sign-in", "上次登录";
        totp: "second factor", "双重验证";
        new: "New person", "新增人员";
        name_hint: "Letters, digits, and . _ - @ +", "字母、数字以及 . _ - @ +";
        password_hint: "At least 10 characters", "至少 10 个字符";
        add: "Add", "添加";
        role_of: "Role of {name}", "{name} 的角色";
        remove: "Remove", "移除";
        remove_ask: "The person is signed out at once, and can't sign in any more.", "该人员会立即退出登录，并且无法再次登录。";
        reset: "Reset password", "重置密码";
        set: "Set password", "设置密码";
        remove_totp: "Remove second factor", "移除双重验证";
        remove_totp_ask: "The person signs in with the password alone.", "该人员将只用密码登录。";
        changed: "{name} is changed.", "{name} 已更改。";
        removed: "{name} is removed.", "{name} 已移除。";
        here: "{name} can sign in now.", "{name} 现在可以登录。";
    }
}

texts! {
    /// The account of whoever is signed in.
    Account {
        sessions: "Sessions", "会话";
        none: "Nobody is signed in.", "没有人登录。";
        current: "this browser", "此浏览器";
        opened: "Since", "开始时间";
        ends: "Until", "结束时间";
        from: "Address", "地址";
        program: "Browser", "浏览器";
        end: "End", "结束";
        end_ask: "Whoever uses this session has to sign in again.", "使用此会话的人需要重新登录。";
        password: "Password", "密码";
        old: "Current password", "当前密码";
        new: "New password", "新密码";
        change: "Change password", "修改密码";
        password_changed: "The password is changed. All other browsers are signed out.", "密码已修改。其他浏览器均已退出登录。";
        totp: "Second factor", "双重验证";
        totp_on: "Signing in needs a code from your app.", "登录时需要验证器应用中的验证码。";
        totp_off: "An app for codes makes your account safer: signing in then needs the code that it shows.",
            "验证器应用可以提高账户的安全性：登录时还需要输入它显示的验证码。";
        totp_begin: "Set up", "设置";
        totp_scan: "Open the link with your app, or type in the secret. Neither is shown again.", "请用验证器应用打开链接，或输入密钥。两者都不会再次显示。";
        totp_link: "Open in an app", "在应用中打开";
        the_secret: "the secret", "密钥";
        totp_confirm: "Confirm", "确认";
        totp_remove: "Remove", "移除";
    }
}
