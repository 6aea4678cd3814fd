// Parses event streams (HTML standard, section 9.2.6).

/**
 * One parsed event.
 * @typedef {object} StreamEvent
 * @property {string} type `message` if the stream names no type
 * @property {string} [id] the `id:` field of this event
 * @property {string} [topic] the topic that the message was pushed to, from Tidings' own field
 * @property {string} [urgency] how urgent the message is, if not `normal`
 * @property {string} [replaces] the id of the first of the messages whose place it takes
 * @property {string} [state] `true` if the data is the state of the topic
 * @property {string} [message] of a state: the id of the message that has set it
 * @property {string} text the data lines, joined by LF
 */

/** Fields of Tidings that an EventSource ignores. */
const OWN = ['topic', 'urgency', 'replaces', 'state', 'message']

/**
 * Makes a parser that takes bytes in chunks of any size. It calls `emit` with each complete event.
 * @param {(event: StreamEvent) => void} emit
 * @returns {(bytes: Uint8Array) => void}
 */
export const eventParser = emit => {
  // Keeps incomplete characters for the next chunk, and removes the byte order mark.
  const decoder = new TextDecoder()
  let rest = '', afterReturn = false
  let type, id, data, more = {}

  const line = text => {
    if (!text) {
      if (data) emit({ ...more, type: type || 'message', id, text: data.join('\n') })
      type = id = data = undefined
      more = {}
      return
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(text)
    if (name == 'event') type = value
    if (OWN.includes(name)) more[name] = value
    if (name == 'data') (data ??= []).push(value)
    if (name == 'id' && !value.includes('\0')) id = value
  }

  return bytes => {
    let text = decoder.decode(bytes, { stream: true })
    // A CR ends the line at once; the LF of a CRLF may come in the next chunk.
    if (afterReturn && text[0] == '\n') text = text.slice(1)
    else if (!text) return
    afterReturn = text.endsWith('\r')
    const lines = text.split(/\r\n?|\n/)
    lines[0] = rest + lines[0]
    rest = lines.pop()
    lines.forEach(line)
  }
}
