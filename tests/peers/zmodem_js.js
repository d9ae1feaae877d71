// zmodem_js.js get | put FILE...: zmodem.js as a terminal has it, on standard input and output:
// what comes is stored in the current folder. Needs NODE_PATH.
"use strict";
const fs = require("fs");
const path = require("path");
const Zmodem = require("zmodem.js");

const PIECE = 8192;

function store(offer) {
  const name = path.basename(offer.get_details().name);
  return offer.accept().then((pieces) => {
    fs.writeFileSync(name, Buffer.concat(pieces.map((p) => Buffer.from(p))));
  });
}

function receive(session) {
  session.on("offer", (offer) => store(offer).catch(fail));
  session.start();
}

async function send(session, names) {
  for (const name of names) {
    const bytes = fs.readFileSync(name);
    const transfer = await session.send_offer({ name, size: bytes.length, mtime: new Date(0) });
    if (!transfer) continue; // it is not wanted
    let at = 0;
    for (; bytes.length - at > PIECE; at += PIECE) transfer.send(bytes.subarray(at, at + PIECE));
    await transfer.end(bytes.subarray(at));
  }
  await session.close();
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

const [what, ...names] = process.argv.slice(2);
const sentry = new Zmodem.Sentry({
  to_terminal() {},
  on_retract() {},
  sender: (octets) => process.stdout.write(Buffer.from(octets)),
  on_detect(detection) {
    const session = detection.confirm();
    session.on("session_end", () => setTimeout(() => process.exit(0), 100));
    if (what === "get") receive(session);
    else send(session, names).catch(fail);
  },
});

process.stdin.on("data", (data) => {
  try {
    sentry.consume(Array.from(data));
  } catch (error) {
    fail(error);
  }
});
process.stdin.on("end", () => process.exit(2));
