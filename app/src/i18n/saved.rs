//! Texts of saved lists and templates.

texts! {
    /// What a team has saved, and how it is saved.
    Saved {
        lists: "Lists", "名单";
        list_name: "List name", "名单名称";
        no_lists: "Save recipients that you push to again and again as a list. The team shares it.",
            "可将经常推送的接收者保存为名单，团队共用。";
        list_remove_ask: "Remove this list for the whole team?", "确定为整个团队删除此名单吗？";
        templates: "Templates", "模板";
        template_name: "Template name", "模板名称";
        no_templates: "Save messages that you push again and again as a template. The team shares it.",
            "可将经常推送的消息保存为模板，团队共用。";
        template_remove_ask: "Remove this template for the whole team?", "确定为整个团队删除此模板吗？";
        save: "Save", "保存";
        done: "Saved {name}.", "已保存 {name}。";
        taken: "There is one with the name {name} already.", "已有名为 {name} 的项目。";
        replace: "Replace it", "替换";
        remove: "Remove", "删除";
        take: "Use {name}", "使用 {name}";
        changed: "{who}, {ago}", "{who}，{ago}";
        clients: "{n} client|{n} clients", "{n} 个客户端";
        topics: "{n} topic|{n} topics", "{n} 个主题";
        save_as: "Save as list", "保存为名单";
        nothing: "Choose recipients first.", "请先选择接收者。";
    }
}
