//! Texts of the dialog that finds everything.

texts! {
    /// The dialog of Ctrl-K.
    Palette {
        open: "Find", "查找";
        title: "Find a page, an action or anything else", "查找页面、操作或其他内容";
        hint: "Client, topic, message, job, page\u{2026}", "客户端、主题、消息、任务、页面\u{2026}";
        found: "Results", "结果";
        page: "Page", "页面";
        action: "Action", "操作";
        client: "Client", "客户端";
        topic: "Topic", "主题";
        message: "Message", "消息";
        job: "Job", "任务";
        list: "List", "列表";
        push: "Push a message", "推送消息";
        docs: "Open the documentation", "打开文档";
        api: "Open the API reference", "打开 API 参考";
        language: "Change the language", "切换语言";
        searching: "Searching\u{2026}", "正在搜索\u{2026}";
        nothing: "Nothing was found.", "没有找到任何内容。";
        results: "{n} result|{n} results", "{n} 个结果";
        failed: "{what}: the search failed. {why}", "{what}：搜索失败。{why}";
    }
}
