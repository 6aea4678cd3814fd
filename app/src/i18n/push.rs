//! What *Push* says.

texts! {
    /// The form that pushes, and what came of it.
    Push {
        title: "Message", "消息";
        to: "To", "发给";
        one: "One client", "一个客户端";
        several: "Several clients", "多个客户端";
        topic: "A topic", "一个主题";
        everyone: "Everyone", "所有人";
        client_id: "Client id", "客户端 ID";
        client_ids: "Client ids", "客户端 ID 列表";
        several_hint: "One id per line, or separated by commas", "每行一个 ID，或用逗号分隔";
        topic_name: "Topic", "主题";
        everyone_hint: "All clients.", "所有客户端。";
        event: "Event type ", "事件类型 ";
        optional: "optional", "可选";
        event_hint: "Pages receive a named event type with addEventListener. Messages without a type go to onmessage.",
            "页面用 addEventListener 接收指定类型的消息；没有类型的消息由 onmessage 接收。";
        data: "Data", "数据";
        kind: "Data format", "数据格式";
        text: "Text", "文本";
        valid: "Valid JSON", "JSON 有效";
        mistake: "Line {line}, column {column}: {what}",
            "第 {line} 行第 {column} 列：不是有效的 JSON（{what}）";
        ttl: "Time to live (seconds) ", "有效期（秒） ";
        ttl_hint: "How long to keep the message for clients that are offline. 0 = deliver only to connected clients. Empty = the retention period.",
            "为离线客户端保留消息的时长。0 = 只发给在线客户端；留空 = 使用保留期。";
        when: "When ", "推送时间 ";
        when_hint: "Empty = now.", "留空 = 立即推送。";
        need_time: "Enter a date and a time, or leave the field empty.", "请填写日期和时间，或留空。";
        scheduled: "Scheduled for {time}.", "已定时，将于 {time} 推送。";
        require_online: "Push only if a recipient is connected", "仅在有接收者在线时推送";
        need_client: "Enter a client id.", "请填写客户端 ID。";
        need_clients: "Enter at least one client id.", "请至少填写一个客户端 ID。";
        need_topic: "Enter a topic.", "请填写主题。";
        need_seconds: "Enter a whole number of seconds, or leave the field empty.", "请填写整数秒，或留空。";
        need_json: "Enter a JSON value.", "请填写一个 JSON 值。";
        need_text: "Enter a text.", "请填写文本。";
        push: "Push", "推送";
        no_recipient: "No recipient is connected now.", "当前没有接收者在线。";
        reaches: "Reaches {clients} on {connections} now.", "当前可送达 {clients}，共 {connections}。";
        clients: "{n} client|{n} clients", "{n} 个客户端";
        connections: "{n} connection|{n} connections", "{n} 个连接";
        everyone_ask: "Push to all connected clients: {clients} on {connections}?",
            "确定推送给所有在线客户端吗？共 {clients}、{connections}。";
        everyone_do: "Push to {n} client|Push to {n} clients", "推送给 {n} 个客户端";
        keep: "Cancel", "取消";
        not_delivered: "No recipient is connected. The message was not delivered.", "没有接收者在线，消息未送达。";
        queued_one: "The client is offline. The message is queued for it.", "客户端不在线，消息已为它排队。";
        queued_several: "The clients are offline. The message is queued for them.",
            "这些客户端都不在线，消息已为它们排队。";
        kept: "No recipient is connected. The message is kept for clients that reconnect.",
            "没有接收者在线，消息会保留给重新连接的客户端。";
        reached: "Sent to {n} connection.|Sent to {n} connections.", "已发送到 {n} 个连接。";
    }
}

texts! {
    /// Who a push would reach.
    Preview {
        title: "Recipients", "接收者";
        nobody_named: "Enter an audience to see its recipients.", "填写受众后，这里会列出接收者。";
        online: "online", "在线";
        away: "offline", "离线";
        unknown: "never connected", "从未连接";
        more: "and {n} more", "另有 {n} 个";
    }
}

texts! {
    /// What came of the last push.
    Outcome {
        title: "Delivery", "投递情况";
        recall: "Recall", "撤回";
        recalled_tag: "Recalled.", "已撤回。";
        in_history: "Show in history", "在历史中查看";
        in_scheduled: "Show scheduled", "查看定时消息";
        as_job: "Show progress", "查看进度";
    }
}

texts! {
    /// Pushes that are kept to be pushed again.
    Templates {
        title: "Templates", "模板";
        about: "Stored in this browser.", "保存在此浏览器中。";
        name: "Template name", "模板名称";
        save: "Save", "保存";
        load: "Load {name}", "载入 {name}";
        delete: "Delete {name}", "删除 {name}";
        deleted: "Deleted {name}.", "已删除 {name}。";
        undo: "Undo", "撤销";
        none: "Save pushes that you send often as templates.", "可将常用的推送保存为模板。";
    }
}
