//! What *Messages* says.

texts! {
    /// The history of what was pushed.
    Messages {
        title: "History", "历史";
        audience: "Audience", "受众";
        anybody: "Any audience", "所有受众";
        clients: "To clients", "发给客户端";
        topics: "To topics", "发给主题";
        everyone: "To everyone", "发给所有人";
        one_client: "To one client", "发给某个客户端";
        one_topic: "To one topic", "发给某个主题";
        which: "Client id or topic", "客户端 ID 或主题";
        which_hint: "Exact id or name", "完整的 ID 或名称";
        event: "Filter by event type", "按事件类型筛选";
        event_hint: "Event type", "事件类型";
        text: "Filter by text", "按内容筛选";
        text_hint: "Text in the data", "数据中的文字";
        since: "From", "从";
        until_field: "Until", "到";
        range: "Time range", "时间范围";
        last_hour: "Last hour", "最近一小时";
        today: "Today", "今天";
        week: "7 days", "最近 7 天";
        export: "Export", "导出";
        export_csv: "CSV, for spreadsheets", "CSV（用于电子表格）";
        export_ndjson: "NDJSON, for programs", "NDJSON（用于程序）";
        clear: "Clear the filters", "清除筛选";
        none: "No messages have been pushed yet", "还没有推送过消息";
        none_about: "Pushed messages are listed here with their delivery state.",
            "推送的消息及其投递状态会列在这里。";
        first_push: "Push a message", "推送一条消息";
        no_match: "No message matches.", "没有符合条件的消息。";
        older: "Older messages", "更早的消息";
        limit: "Only the newest 500 are listed. Set “Until” to an earlier time to list older ones.", "只列出最新的 500 条。将“到”设为更早的时间，即可列出更早的消息。";
        loading: "Loading the history", "正在加载历史";
        message: "Message", "消息";
        message_gone: "This message does not exist. It was removed or has never been there.", "此消息不存在：它已被移除或从未存在。";
        close: "Close", "关闭";
        mark: "Select: {text}", "选择：{text}";
        marked: "{n} message selected|{n} messages selected", "已选择 {n} 条消息";
        unmark: "Clear selection", "清除选择";
        recall_n: "Recall {n} message|Recall {n} messages", "撤回 {n} 条消息";
        recall_ask: "This can't be undone. What was not delivered is not delivered any more, and pages that show the messages remove them.",
            "此操作无法撤销。尚未送达的消息不会再投递，正在显示它们的页面会将其移除。";
        keep: "Keep", "保留";
        recalling: "Recalling, {done} of {all}", "正在撤回，{done}/{all}";
        recalled_n: "{n} message recalled.|{n} messages recalled.", "已撤回 {n} 条消息。";
        failed_n: "{n} message was not recalled:|{n} messages were not recalled:", "{n} 条消息未能撤回：";
        failures: "Messages that were not recalled", "未能撤回的消息";
        more_failed: "and {n} more", "另有 {n} 条";
        copied: "Copied as curl.", "已复制为 curl。";
        not_copied: "Copying is not allowed.", "不允许复制。";
        again: "Push again", "再次推送";
        recall: "Recall", "撤回";
        confirm_recall: "Recall permanently?", "确定永久撤回？";
        recalled_tag: "recalled", "已撤回";
        replaced_tag: "replaced", "已被替换";
        expired: "expired", "已过期";
        waiting: "waiting", "等待中";
        sent: "sent", "已发送";
        acknowledged: "acknowledged", "已确认";
        recalled_before_delivery: "recalled before delivery", "送达前撤回";
        replaced_before_delivery: "replaced before delivery", "送达前被替换";
        nobody: "no client was connected", "当时没有客户端在线";
        sent_of: "{sent} of {all} sent", "已发送 {sent}/{all}";
        joint: ", ", "，";
        recipients: "Recipients", "接收者";
        until: "{id}, until {clock}", "{id}，有效期至 {clock}";
        curl: "Copy as curl", "复制为 curl";
        recall_done: "Recalled. Pages that show the message remove it.", "已撤回，正在显示它的页面会将其移除。";
        to_clients: "{n} client|{n} clients", "{n} 个客户端";
        to_topic: "topic {name}", "主题 {name}";
        to_everyone: "everyone", "所有人";
        failed: "The history could not be loaded: {why}", "无法加载历史：{why}";
    }
}
