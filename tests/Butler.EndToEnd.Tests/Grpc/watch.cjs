// One call of butler.progress.v1.Progress with @grpc/grpc-js. Prints a JSON line per message as it comes: {"message": …},
// and at the end {"code": …, "details": …}.
// Arguments: proto file, address, JSON of { method, request, token, deadline (ms), cancelAfter (messages) }.
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [, , proto, address, text] = process.argv;
const spec = JSON.parse(text);
const { Progress } = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true, longs: Number, enums: String, defaults: true })).butler.progress.v1;
const client = new Progress(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
if (spec.token) metadata.set('authorization', 'Bearer ' + spec.token);
const options = spec.deadline ? { deadline: Date.now() + spec.deadline } : {};
const print = (line) => console.log(JSON.stringify(line));

let messages = 0;
let call;
const show = (message) => {
  print({ message });
  if (++messages === spec.cancelAfter) call.cancel();
};
if (Progress.service[spec.method].responseStream) {
  call = client[spec.method](spec.request, metadata, options);
  call.on('data', show);
} else {
  call = client[spec.method](spec.request, metadata, options, (error, message) => { if (!error) show(message); });
}
call.on('error', () => {});
call.on('status', ({ code, details }) => setImmediate(() => {
  print({ code, details });
  client.close();
}));
