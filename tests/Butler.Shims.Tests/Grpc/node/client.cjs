// Makes one call with @grpc/grpc-js and prints what it saw as JSON.
// Arguments: proto file, address, JSON of { service, method, request | requests, metadata, binary, deadline (ms from
// the moment the connection stands, so that the call reaches the server),
// cancelAfter (messages, or -1: at once), gzip, options }.
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [, , proto, address, text] = process.argv;
const spec = JSON.parse(text);
const definition = loader.loadSync(proto, { keepCase: true, longs: Number, enums: String, defaults: true });
const Service = spec.service.split('.').reduce((at, name) => at[name], grpc.loadPackageDefinition(definition));
const options = { ...(spec.options || {}) };
if (spec.gzip) options['grpc.default_compression_algorithm'] = 2;
const client = new Service(address, grpc.credentials.createInsecure(), options);

const metadata = new grpc.Metadata();
for (const [key, value] of Object.entries(spec.metadata || {})) metadata.set(key, value);
for (const [key, value] of Object.entries(spec.binary || {})) metadata.set(key, Buffer.from(value, 'base64'));
const seen = { messages: [], headers: null, trailers: null, code: null, details: null };
const plain = data => Object.fromEntries(Object.entries(data.getMap()).map(([key, value]) =>
  [key, Buffer.isBuffer(value) ? value.toString('base64') : value]));
const keep = message => seen.messages.push(
  { ...message, payload: message.payload === undefined ? undefined : message.payload.length });

client.waitForReady(Date.now() + 60_000, failed => {
  if (failed) throw failed;
  const { requestStream, responseStream } = Service.service[spec.method];
  const done = (error, message) => { if (!error && message) keep(message); };
  const callOptions = spec.deadline ? { deadline: Date.now() + spec.deadline } : {};
  const args = requestStream ? [metadata, callOptions] : [spec.request || {}, metadata, callOptions];
  if (!responseStream) args.push(done);
  const call = client[spec.method](...args);

  call.on('metadata', headers => { seen.headers = plain(headers); });
  call.on('status', status => {
    seen.code = status.code;
    seen.details = status.details;
    seen.trailers = plain(status.metadata);
    setImmediate(() => {
      client.close();
      console.log(JSON.stringify(seen));
    });
  });
  call.on('error', () => {});
  if (responseStream) {
    call.on('data', message => {
      keep(message);
      if (spec.cancelAfter === seen.messages.length) call.cancel();
    });
  }
  if (requestStream) {
    for (const request of spec.requests) call.write(request);
    call.end();
  }
  if (spec.cancelAfter === -1) setImmediate(() => call.cancel());
});
