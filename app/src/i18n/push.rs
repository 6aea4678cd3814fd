//! What *Push* says.

texts! {
    /// The form that pushes, and what came of it.
    Push {
        title: "Message", "消息";
        to: "To", "发给";
        one: "One client", "一个客户端";
        several: "Several", "多个接收者";
        recipients: "Recipients of the push", "推送的接收者";
        recipients_hint: "Client id, topic or list", "客户端 ID、主题或名单";
        recipients_about: "Type and press Enter, or paste a column of a table.", "输入后按回车，或粘贴表格中的一列。";
        suggestions: "Suggestions", "建议";
        a_client: "client", "客户端";
        a_topic: "topic", "主题";
        a_list: "list", "名单";
        remove: "Remove {name}", "移除 {name}";
        more_options: "More options", "更多选项";
        urgency: "Urgency", "紧急程度";
        normal: "Normal", "普通";
        high: "High: first in the inbox", "高：在收件箱中优先";
        low: "Low: no notification", "低：不弹出通知";
        very_low: "Very low", "很低";
        replace: "Replaces earlier ones with this key", "替换具有此键的较早消息";
        replace_hint: "Whoever has not received the earlier message gets only this one.", "尚未收到较早消息的接收者只会收到这一条。";
        topic: "A topic", "一个主题";
        everyone: "Everyone", "所有人";
        client_id: "Client id", "客户端 ID";
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
        need_clients: "Enter at least one client id, topic or list.", "请至少填写一个客户端 ID、主题或名单。";
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
        again: "Push to {n} client that has not read it|Push to {n} clients that have not read it",
            "向 {n} 个未读的客户端再次推送";
        recalled_tag: "Recalled.", "已撤回。";
        in_history: "Show in history", "在历史中查看";
        in_scheduled: "Show scheduled", "查看定时消息";
        as_job: "Show progress", "查看进度";
    }
}

texts! {
    /// How a message will look, and a test.
    Rehearsal {
        title: "Preview", "预览";
        nothing: "Enter a message to see it as a reader's page shows it.", "填写消息后，这里会显示读者页面上的样子。";
        message: "Message", "消息";
        test: "Send a test to myself", "给自己发送测试";
        sent: "Sent to {id}, the client of this browser.", "已发送给此浏览器的客户端 {id}。";
        open: "Open its page", "打开其页面";
    }
}
