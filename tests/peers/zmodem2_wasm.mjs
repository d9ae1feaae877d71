// zmodem2_wasm.mjs get | put FILE: zmodem2, in WebAssembly, on standard input and output: what
// comes is stored in the current folder. Needs NODE_PATH.
import fs from "node:fs";
import path from "node:path";

const home = path.join(process.env.NODE_PATH, "zmodem2-wasm", "pkg");
const { initSync, WasmReceiver, WasmSender } = await import(path.join(home, "zmodem2_wasm.js"));
initSync({ module: fs.readFileSync(path.join(home, "zmodem2_wasm_bg.wasm")) });

const [what, name] = process.argv.slice(2);
const bytes = what === "put" ? fs.readFileSync(name) : null;
const machine = what === "put" ? new WasmSender() : new WasmReceiver();
let file = null;
let held = Buffer.alloc(0);

function drain() {
  const out = machine.drain_outgoing();
  if (out.length > 0) process.stdout.write(Buffer.from(out));
  if (what === "get") {
    const data = machine.drain_file();
    if (data.length > 0) file.pieces.push(Buffer.from(data));
  }
}

const on = {
  need_file_data: (e) => machine.feed_file(bytes.subarray(e.offset, e.offset + e.length)),
  file_start(e) {
    file = { name: path.basename(e.name), pieces: [] };
  },
  file_complete() {
    if (what === "put") machine.finish_session();
    else fs.writeFileSync(file.name, Buffer.concat(file.pieces));
  },
  session_complete() {
    drain();
    setTimeout(() => process.exit(0), 100);
  },
};

function poll() {
  let events = 0;
  for (let e = machine.poll(); e; e = machine.poll(), events++) {
    drain();
    on[e.type](e);
    drain();
  }
  return events;
}

// It takes some of what it is fed at a time, and wants to be asked in between.
function feed(data) {
  held = Buffer.concat([held, data]);
  while (held.length > 0) {
    const n = machine.feed(held);
    drain();
    if (poll() === 0 && n === 0) break;
    held = held.subarray(n);
  }
}

if (what === "put") machine.start_file(name, bytes.length);
process.stdin.on("data", feed);
process.stdin.on("end", () => process.exit(2));
