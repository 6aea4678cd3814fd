"""The server of the article that Tidings began with: Tornado, one process, a dict of who listens.

GET /sse?client_id=ID                  an event stream
POST /push, form client_id, message    to one; answers "success"
POST /send_all, form message           to all

    python article.py PORT
"""

import asyncio
import sys

import tornado.web

listening = {}


class Stream(tornado.web.RequestHandler):
    async def get(self):
        self.client_id = self.get_argument("client_id")
        self.gone = asyncio.Event()
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-cache")
        listening[self.client_id] = self
        await self.flush()
        await self.gone.wait()

    def on_connection_close(self):
        listening.pop(self.client_id, None)
        self.gone.set()

    def tell(self, message):
        self.write(f"data: {message}\n\n")
        self.flush()


class Push(tornado.web.RequestHandler):
    def post(self):
        listener = listening.get(self.get_argument("client_id"))
        if listener is None:
            raise tornado.web.HTTPError(404)
        listener.tell(self.get_argument("message"))
        self.write("success")


class SendAll(tornado.web.RequestHandler):
    def post(self):
        message = self.get_argument("message")
        for listener in listening.values():
            listener.tell(message)
        self.write("success")


async def main():
    routes = [(r"/sse", Stream), (r"/push", Push), (r"/send_all", SendAll)]
    tornado.web.Application(routes).listen(int(sys.argv[1]), address="127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
