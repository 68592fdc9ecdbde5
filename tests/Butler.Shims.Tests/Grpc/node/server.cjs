// The Echo service of test.proto on @grpc/grpc-js. Arguments: the proto file. Prints its port.
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const definition = loader.loadSync(process.argv[2], { keepCase: true, longs: Number });
const { Echo } = grpc.loadPackageDefinition(definition).butler.shims.test;

function start(call) {
  const given = call.metadata.get('x-header')[0];
  if (given !== undefined) {
    const headers = new grpc.Metadata();
    headers.set('x-header', given);
    call.sendMetadata(headers);
  }
}

function trailers(call) {
  const metadata = new grpc.Metadata();
  metadata.set('x-trailer', 'last');
  metadata.set('x-trailer-bin', Buffer.from([0, 255, 10]));
  const bin = call.metadata.get('x-in-bin')[0];
  if (bin !== undefined) metadata.set('x-in-bin', bin);
  return metadata;
}

const failure = (call, request) =>
  ({ code: request.fail_code, details: request.fail_message, metadata: trailers(call) });
const reply = (request, index) => ({ text: request.text, index, payload: Buffer.alloc(request.reply_bytes || 0, 7) });

const handlers = {
  Unary(call, done) {
    start(call);
    const request = call.request;
    if (request.wait) return;
    if (request.fail_code) return done(failure(call, request));
    done(null, reply(request, 0), trailers(call));
  },
  ServerStream(call) {
    start(call);
    const request = call.request;
    if (request.count < 0) {
      let index = 0;
      const timer = setInterval(() => call.write(reply(request, index++)), 5);
      call.on('cancelled', () => clearInterval(timer));
      return;
    }
    for (let index = 0; index < request.count; index++) call.write(reply(request, index));
    if (request.wait) return;
    if (request.fail_code) return call.emit('error', failure(call, request));
    call.end(trailers(call));
  },
  ClientStream(call, done) {
    start(call);
    const texts = [];
    call.on('data', request => texts.push(request.text));
    call.on('end', () => done(null, { text: texts.join(','), index: texts.length }, trailers(call)));
  },
  Duplex(call) {
    start(call);
    let index = 0;
    call.on('data', request => call.write(reply(request, index++)));
    call.on('end', () => call.end(trailers(call)));
  },
};

const server = new grpc.Server();
server.addService(Echo.service, handlers);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
process.stdin.on('end', () => process.exit(0)).resume();
