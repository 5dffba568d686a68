// Socket.IO with its Redis adapter, as its documentation sets it up; websockets alone, so that no tab begins with polling.
import { createServer } from "node:http"
import { createAdapter } from "@socket.io/redis-adapter"
import { Redis } from "ioredis"
import { Server } from "socket.io"

const [port, redisPort] = process.argv.slice(2).map(Number)
const publishing = new Redis({ port: redisPort })
const http = createServer()
const io = new Server(http, { transports: ["websocket"], adapter: createAdapter(publishing, publishing.duplicate()) })

io.on("connection", (socket) => {
  socket.on("join", async (names) => {
    await socket.join(names)
    socket.emit("ready")
  })
})
http.listen({ port, host: "127.0.0.1", backlog: 2048 })
