//! What *Live tail* says.

texts! {
    /// Messages as they are pushed.
    Tail {
        title: "Messages as they are pushed", "推送中的消息";
        topic: "Only this topic or pattern", "仅此主题或模式";
        topic_hint: "Topic, * or **", "主题，可用 * 或 **";
        client: "Only this client", "仅此客户端";
        client_hint: "Client id", "客户端 ID";
        event: "Only this event type", "仅此事件类型";
        event_hint: "Event type", "事件类型";
        pause: "Pause", "暂停";
        go_on: "Go on", "继续";
        clear: "Clear", "清空";
        paused: "Paused. {n} message has arrived since.|Paused. {n} messages have arrived since.", "已暂停，期间到达 {n} 条消息。";
        waiting: "Waiting for messages", "等待消息";
        waiting_about: "What is pushed from now on appears here, the newest first. Earlier messages are in Messages.",
            "从现在起推送的消息会显示在这里，最新的在最前。更早的消息请查看“消息”。";
        bounded: "The newest {n} are shown.", "仅显示最新的 {n} 条。";
        not_kept: "not kept", "未存储";
        connections: "{n} connection|{n} connections", "{n} 个连接";
        lost: "The stream was lost.", "消息流已断开。";
        back_none: "The stream goes on. No stored message was missed.", "消息流已继续，没有遗漏已存储的消息。";
        back_some: "The stream goes on. {n} message was missed and is listed.|The stream goes on. {n} messages were missed and are listed.",
            "消息流已继续，已补上遗漏的 {n} 条消息。";
        back_many: "The stream goes on. More was missed than is listed here. The rest is in Messages.",
            "消息流已继续。遗漏的消息过多，其余请查看“消息”。";
        not_stored: "Messages that are not stored (ttl 0) can't be listed later.", "未存储的消息（ttl 0）无法补上。";
        not_known: "What was missed could not be loaded: {why}", "无法加载遗漏的消息：{why}";
        refused: "Only who may read everything sees messages as they are pushed.", "只有可读取全部内容的用户才能查看实时消息。";
    }
}
