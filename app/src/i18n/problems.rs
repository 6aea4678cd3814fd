//! What the server says when it refuses something. In English the pages show its own words, which say more.

texts! {
    /// The problems that somebody in the panel meets, by the `code` of the problem document.
    Problems {
        unauthorized: "The name, the password, the token or the session is not valid.", "名称、密码、令牌或会话无效。";
        forbidden: "This is not allowed with the permissions of this sign-in.", "当前登录的权限不允许此操作。";
        cross_site: "Requests from pages of other sites are not allowed.", "不允许来自其他网站页面的请求。";
        admin_token_needed: "For this the server needs an admin token, and none is configured.", "此操作要求服务器配置管理员令牌，但尚未配置。";
        too_many_tries: "Too many wrong attempts came from this address. Try again later.", "此地址的错误尝试过多，请稍后再试。";
        too_many_pushes: "Too many messages were pushed in the last seconds. Try again shortly.", "最近几秒内推送的消息过多，请稍候再试。";
        too_many_push_bytes: "Too much data was pushed in the last seconds. Try again shortly.", "最近几秒内推送的数据过多，请稍候再试。";
        quota_used_up: "The pushes of this day are used up. A day begins at midnight UTC.", "今天的推送额度已用完。每天从 UTC 零点开始计算。";
        message_too_large: "This is larger than the server accepts.", "内容超过服务器接受的大小。";
        name_taken: "This name is taken.", "此名称已被占用。";
        nobody_online: "No recipient is connected, so nothing was pushed.", "没有接收者在线，因此未推送。";
        too_many_saved: "There are as many lists or templates as there may be. Remove some first.", "列表或模板已达到数量上限，请先删除一些。";
        too_many_scheduled: "As many messages are scheduled as there may be.", "计划消息已达到数量上限。";
        not_found: "This does not exist any more.", "此项已不存在。";
        client_not_connected: "The client is not connected.", "此客户端未连接。";
        job_ended: "The job has ended.", "此任务已结束。";
        job_not_retried: "This job can't be tried again.", "此任务无法重试。";
        schedule_sent: "The message was pushed already.", "此消息已经推送。";
        storage_full: "The disk of the server is full.", "服务器磁盘已满。";
        log_unavailable: "The server can't read or write its log now.", "服务器目前无法读写日志。";
        log_damaged: "A part of the log is damaged.", "日志的一部分已损坏。";
        cluster_unavailable: "The node can't reach the cluster now.", "该节点目前无法连接到集群。";
        shutting_down: "The server is shutting down.", "服务器正在关闭。";
        internal: "An error happened in the server. Its log says more.", "服务器内部出错，详情请查看服务器日志。";
    }
}
