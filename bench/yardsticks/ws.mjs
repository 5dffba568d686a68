// node's `ws`, as well as it goes: each event is framed once, and everything that one turn brings is written to a tab together.
import { Redis } from "ioredis"
import { Sender, WebSocketServer } from "ws"

const [port, redisPort] = process.argv.slice(2).map(Number)
const redis = new Redis({ port: redisPort })
const rooms = new Map()
let due = []

function write() {
  for (const tab of due) tab._socket.uncork()
  for (const tab of due) tab.due = false
  due = []
}

redis.on("messageBuffer", (room, data) => {
  const tabs = rooms.get(room.toString("latin1"))
  if (!tabs) return
  const frame = Sender.frame(data, { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true })
  const bytes = frame.length === 1 ? frame[0] : Buffer.concat(frame)
  for (const tab of tabs) {
    if (!tab.due) {
      tab.due = true
      tab._socket.cork()
      if (due.push(tab) === 1) setImmediate(write)
    }
    tab._socket.write(bytes)
  }
})

new WebSocketServer({ port, host: "127.0.0.1", perMessageDeflate: false, backlog: 2048 }).on("connection", (tab) => {
  tab.on("message", async (names) => {
    const fresh = []
    for (const name of names.toString().split(" ")) {
      if (!rooms.has(name)) {
        rooms.set(name, new Set())
        fresh.push(name)
      }
      rooms.get(name).add(tab)
    }
    if (fresh.length) await redis.subscribe(...fresh)
    tab.send("ready")
  })
})
