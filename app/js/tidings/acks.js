// Acknowledges messages: only the newest position, and at most about once a second.

import { covers } from './position.js'

/** Milliseconds between two acknowledgements. */
const APART = 1_000
/** Milliseconds to wait for further messages, so that one acknowledgement covers them. */
const GATHER = 50

/** @param {(place: string) => Promise<Response>} post sends the acknowledgement, also while the page is being unloaded */
export const keepAcks = post => {
  let due = '', last = 0, timer

  /** The server can be reached again. */
  const plan = () => {
    if (due) timer ??= setTimeout(send, Math.min(Math.max(last + APART - Date.now(), GATHER), APART))
  }

  const send = async () => {
    clearTimeout(timer)
    timer = undefined
    const place = due
    if (!place) return
    due = ''
    last = Date.now()
    const taken = await post(place).then(response => response.ok, () => false)
    // Retried with the next message, when the stream is open again, or when the page is left.
    if (!taken) due ||= place
  }

  return {
    plan,
    send,
    /** All messages up to this position were handled. @param {string} place */
    shown(place) {
      if (!covers(due, place)) due = place
      plan()
    }
  }
}
