// Tidings in a page: one stream, kept open. `tidings.d.ts` describes the interface.

import { keepAcks } from './acks.js'
import { covers } from './position.js'
import { keepStream } from './stream.js'
import { shareTabs } from './tabs.js'

/** A storage that may be missing, for example in a sandboxed frame. */
const safeStorage = open => {
  const attempt = then => {
    try {
      return then(open()) ?? undefined
    } catch {}
  }
  return {
    get: key => attempt(storage => storage.getItem(key)),
    set: (key, text) => attempt(storage => storage.setItem(key, text))
  }
}

/** A UUID v4. `crypto.randomUUID` is available on secure pages only. */
const uuid = () =>
  '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, digit =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16)
  )

const read = text => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The earlier of two positions; the first if they cannot be compared. */
const earlier = (one, other) => (!one || covers(one, other) ? other : one)

const OWN = ['welcome', 'ping', 'refused', 'gap', 'recall']

/** @type {typeof import('./tidings.js').connect} */
export const connect = (options = {}) => {
  const { token, credentials, ack: acknowledges = true } = options
  const base = options.url ? new URL(options.url.replace(/\/?$/, '/'), location.href) : new URL('.', import.meta.url)
  const { locks } = navigator
  const shared = options.shared && locks && globalThis.BroadcastChannel
  const tab = safeStorage(() => options.storage ?? sessionStorage)
  const browser = shared ? safeStorage(() => options.storage ?? localStorage) : tab

  const clientId = options.clientId ?? browser.get('tidings.client_id') ?? uuid()
  if (!options.clientId) browser.set('tidings.client_id', clientId)
  const name = `tidings.place ${clientId} ${base}`

  const handlers = new Map()
  const topics = new Set(options.topics)
  const listening = new AbortController()
  let now = { state: 'connecting' }
  /** Position up to which this tab has received everything. */
  let place = tab.get(name) ?? browser.get(name) ?? ''
  /** Position up to which the connection has delivered everything, and its subscription. */
  let cursor = '', subscribed = ''
  /** The newest state of each topic: the id of the message that has set it, and at the leader the event. */
  const states = new Map(), told = new Map()
  /** The ids of urgent messages that came before their turn. */
  const early = new Set()
  let running = false, leading = false, missed = true, patience = 0, batch = [], refusals = [], bearer

  const emit = (name, said) => {
    for (const then of [...(handlers.get(name) ?? [])]) {
      try {
        then(said)
      } catch (error) {
        reportError(error)
      }
    }
  }

  const setState = standing => emit('state', (now = standing))

  // Events for this tab, from its own connection or from the leading tab.

  /** Whether this state was heard before. Each new stream begins with the states of its topics. */
  const isKnown = ({ type, id, topic, state, message }) => {
    if (type != 'state' && !state) return early.has(message)
    const set = message ?? id
    if (message && states.get(topic) == set) return true
    states.set(topic, set)
    return false
  }

  const handle = event => {
    const { type, id, topic, text, message, replayed, replaces, urgency = 'normal' } = event
    if (OWN.includes(type)) handleStreamEvent(type, JSON.parse(text))
    else if (!(id ? covers(place, id) || early.has(id) : isKnown(event))) {
      if (id) isKnown(event)
      // An urgent message may come before its turn. Then its id does not move the position, and it may come again.
      else if (type != 'state' && message) early.add(message)
      emit('message', { id: id ?? (type == 'state' ? undefined : message), type, topic, text, data: read(text), replayed, replaces, urgency })
      if (id && leading && acknowledges) acks.shown(id)
    }
    // The inbox is complete, with the messages that came before their turn.
    if (type == 'ping' && id && early.size) {
      if (leading && acknowledges) acks.shown(id)
      early.clear()
    }
    // Only now: messages that were not handled may be requested again.
    if (id && !covers(place, id)) place = id
  }

  const storePosition = () => {
    if (place) tab.set(name, place)
    if (place && leading) browser.set(name, place)
  }

  const handleStreamEvent = (type, said) => {
    if (type == 'gap') {
      // The log is not the one that was read before, or it was rolled back, so its positions repeat.
      if (!said.from || said.reason == 'rolled_back') place = ''
      else if (covers(place, said.to)) return
    }
    if (type != 'ping') emit(type, said)
  }

  // The connection, if this tab has it.

  const authorized = () => ({ credentials, headers: bearer ? { authorization: `Bearer ${bearer}` } : {} })

  const request = async renews => {
    bearer = typeof token == 'function' ? await token() : token
    const url = new URL('sse', base)
    const query = url.searchParams
    query.set('client_id', clientId)
    if (subscribed) subscribed.split('\n').forEach(topic => query.append('topic', topic))
    if (cursor) query.set('last_event_id', cursor)
    missed ||= !renews
    return [url, authorized()]
  }

  const stream = keepStream({
    request,
    canRenew: typeof token == 'function',
    onEvent(event) {
      const { type, id } = event
      if (type == 'welcome') {
        refusals = []
        acks.plan()
      }
      if (type == 'ping') missed = false
      event.replayed = missed
      if (type == 'refused') refusals.push(event)
      if (type == 'state' || event.state) {
        told.set(event.topic, { ...event, type: 'state', id: undefined, message: event.message ?? id })
      }
      batch.push(event)
      handle(event)
      if (id) cursor = id
    },
    onChunk() {
      tabs?.pass({ events: batch }, patience)
      batch = []
      storePosition()
    },
    onState(standing, milliseconds) {
      if (!leading) return
      patience = milliseconds
      tabs?.pass({ standing }, patience)
      setState(standing)
    },
    isOffline: () => navigator.onLine == false && !/^(localhost$|127\.|\[::1)/.test(base.hostname)
  })

  const acks = keepAcks(id =>
    fetch(new URL('ack', base), {
      ...authorized(),
      method: 'POST',
      keepalive: true,
      body: JSON.stringify({ client_id: clientId, id })
    })
  )

  const wish = () => ({ topics: [...topics], place })

  /** Connects for all wishes, from the earliest position. Each tab drops what it has received already. */
  const lead = wishes => {
    const wanted = [...new Set(wishes.flatMap(wish => wish.topics))].sort().join('\n')
    const from = wishes.map(wish => wish.place).reduce(earlier)
    for (const wish of wishes) wish.place = ''
    const behind = from != cursor && covers(cursor, from)
    if (leading && wanted == subscribed && !behind) return
    if (!leading || behind) cursor = from
    leading = true
    subscribed = wanted
    stream.open()
  }

  const follow = () => {
    leading = false
    stream.close()
  }

  const tabs = !shared ? undefined : shareTabs(name, {
    wish,
    lead,
    follow,
    receive({ events, standing }) {
      if (standing) setState(standing)
      events?.forEach(handle)
      storePosition()
    },
    currentState: () => ({ said: { standing: now, events: [...refusals, ...told.values()] }, patience }),
    retry: stream.retry
  })

  const ask = () => {
    if (tabs) tabs.ask()
    else queueMicrotask(() => running && lead([wish()]))
  }

  // When it runs.

  const start = () => {
    if (running || !handlers.has('message') || listening.signal.aborted) return
    running = true
    if (tabs) tabs.join()
    else ask()
  }

  const stop = () => {
    acks.send()
    running = false
    tabs?.leave()
    follow()
  }

  const listen = (target, names, then) =>
    names.split(' ').forEach(name => target?.addEventListener(name, then, { signal: listening.signal }))
  const page = globalThis.document
  listen(globalThis, 'online offline', stream.wake)
  listen(globalThis, 'pageshow', start)
  listen(globalThis, 'pagehide', stop)
  listen(page, 'resume', start)
  listen(page, 'freeze', stop)
  listen(page, 'visibilitychange', () => page.hidden ? acks.send() : stream.wake())

  return {
    clientId,
    get state() { return now.state },
    get reason() { return now.reason },
    get detail() { return now.detail },
    get retryAt() { return now.retryAt },
    on(name, then) {
      if (!handlers.has(name)) handlers.set(name, new Set())
      handlers.get(name).add(then)
      start()
      return () => handlers.get(name).delete(then)
    },
    subscribe(...more) {
      more.forEach(topic => topics.add(topic))
      ask()
    },
    unsubscribe(...less) {
      less.forEach(topic => topics.delete(topic))
      ask()
    },
    ack: id => acks.shown(id),
    retry: () => tabs ? tabs.retry() : stream.retry(),
    close() {
      stop()
      listening.abort()
      setState({ state: 'closed' })
    }
  }
}
