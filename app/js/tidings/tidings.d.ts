/**
 * Opens a stream to Tidings and keeps it open, over reloads, restarts of the server, sleep and changes of the
 * network. Nothing is lost and nothing comes twice; what can't be had any more is told as a `gap`.
 *
 * It connects once somebody listens for `message`, so that none comes before.
 */
export function connect(options?: Options): Tidings

export interface Options {
  /** Where Tidings is; by default, where this module came from. */
  url?: string
  /** Who listens: 1 to 128 characters of `A-Z a-z 0-9 . _ ~ : @ -`. By default a UUID that this tab keeps, or, where the connection is shared, this browser. */
  clientId?: string
  /** What else to hear; a segment `*` is any one segment, a last `**` the rest. */
  topics?: Iterable<string>
  /** The stream token, where streams need one; or what gets a fresh one, asked each time the stream is opened. */
  token?: string | (() => string | Promise<string>)
  /** As in `fetch`; `include` sends a cookie to another origin. */
  credentials?: RequestCredentials
  /**
   * Whether the tabs of this origin with the same client id share one connection. Each gets every message for any
   * of them, once; their topics are added up. Browsers offer what it takes to secure pages; elsewhere each tab
   * has a connection of its own.
   */
  shared?: boolean
  /** Whether messages are acknowledged once the handlers have returned; true by default. */
  ack?: boolean
  /** Where the client id and the place in the log are kept, instead of in the session's storage (and, shared, the browser's). */
  storage?: Pick<Storage, 'getItem' | 'setItem'>
}

export interface Message {
  /** Its place in the log; none for one that is not kept. */
  readonly id?: string
  /** The type that the push named, otherwise `message`. */
  readonly type: string
  /** The topic that it was pushed to; none for one to clients or to everyone. */
  readonly topic?: string
  /** What was pushed, to the letter. */
  readonly text: string
  /** The same as JSON, where it is JSON; otherwise the text. */
  readonly data: any
  /** Whether it was pushed while the stream was not open. */
  readonly replayed: boolean
}

export interface Standing {
  readonly state: 'connecting' | 'live' | 'waiting' | 'closed'
  /**
   * Why it is not live, for programs: `offline`, `unreachable`, `silent` (two pings are missing), `ended`, the `code`
   * of the server's refusal, `status_502` and the like, or the reason that the server gave before it closed.
   */
  readonly reason?: string
  /** What the server said, for people. */
  readonly detail?: string
  /** When it tries again, in milliseconds since 1970, while it is waiting. */
  readonly retryAt?: number
}

export interface Events {
  /** A message. The place moves on when the handlers have returned. */
  message: Message
  /** The stream stands otherwise than before. */
  state: Standing
  /** The server has taken the stream. `heartbeat` is in seconds. */
  welcome: { client_id: string; node: string; heartbeat: number; topics: string[] }
  /** Messages that can't be had any more, from one place to another where that is known. */
  gap: { from?: string; to?: string; reason: 'pruned' | 'expired' | 'unknown_epoch' | 'ahead_of_log' | 'slow_reader' }
  /** The message with this id was taken back. */
  recall: { id: string }
  /** A topic that is not allowed; the others go on. */
  refused: { topic: string; code: string; detail: string }
}

export interface Tidings extends Standing {
  readonly clientId: string
  /** Listens; what it returns stops that. */
  on<Name extends keyof Events>(name: Name, then: (event: Events[Name]) => void): () => void
  subscribe(...topics: string[]): void
  unsubscribe(...topics: string[]): void
  /** Acknowledges everything up to this message. */
  ack(id: string): void
  /** Tries now instead of waiting. */
  retry(): void
  /** Ends it for good. */
  close(): void
}
