// OpenAI's and Anthropic's own clients, as they come from npm, given nothing but another base address.
const assert = require('node:assert/strict');
const OpenAI = require('openai');
const Anthropic = require('@anthropic-ai/sdk');

const [root, secret] = process.argv.slice(2);
const mail = 'Subject: Lunch\n\nCould you send me the figures by Friday?';
const schema = {
  type: 'object',
  properties: { category: { type: 'string', enum: ['needs_reply', 'informational', 'spam'] }, confidence: { type: 'number' } },
  required: ['category', 'confidence'],
  additionalProperties: false,
};

async function control(path, method, body) {
  const response = await fetch(`${root}sandbox/models${path}`, { method, headers: { 'X-Sandbox-Secret': secret }, body: body && JSON.stringify(body) });
  assert.ok(response.ok, await response.clone().text());
  return response.status === 204 ? undefined : response.json();
}

const fault = (endpoint, kind, more) => control('/faults', 'POST', { endpoint, kind, count: 1, ...more });
const calls = async (endpoint) => (await control('', 'GET'))[endpoint].calls;

async function fails(promise, type, check) {
  await assert.rejects(promise, (e) => {
    assert.ok(e instanceof type, `${e?.constructor?.name}: ${e?.message}`);
    check?.(e);
    return true;
  });
}

async function openai() {
  const client = new OpenAI({ apiKey: 'k', baseURL: `${root}v1` });
  const once = new OpenAI({ apiKey: 'k', baseURL: `${root}v1`, maxRetries: 0 });
  const model = 'gpt-5.4-mini';
  const messages = [{ role: 'developer', content: 'You sort mail.' }, { role: 'user', content: mail }];
  const triage = { type: 'json_schema', json_schema: { name: 'triage', strict: true, schema } };

  assert.ok((await client.models.list()).data.some((m) => m.id === model));
  const { data, response, request_id: id } = await client.chat.completions.create({ model, messages, max_completion_tokens: 500 }).withResponse();
  assert.match(id, /^req_/);
  assert.equal(response.headers.get('x-ratelimit-limit-requests'), '3500');
  assert.equal(data.choices[0].finish_reason, 'stop');
  assert.ok(data.usage.total_tokens > 0);

  const parsed = await client.chat.completions.parse({ model, messages, response_format: triage });
  assert.equal(parsed.choices[0].message.parsed?.category ?? JSON.parse(parsed.choices[0].message.content).category, 'needs_reply');

  let text = '';
  let usage;
  for await (const chunk of await client.chat.completions.create({ model, messages, response_format: triage, stream: true, stream_options: { include_usage: true } })) {
    text += chunk.choices[0]?.delta?.content ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.equal(JSON.parse(text).category, 'needs_reply');
  assert.ok(usage.completion_tokens > 0);
  const gathered = await client.chat.completions.stream({ model, messages, response_format: triage }).finalChatCompletion();
  assert.equal(JSON.parse(gathered.choices[0].message.content).category, 'needs_reply');

  const vectors = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['an invoice', 'a holiday'], dimensions: 64 });
  assert.deepEqual(vectors.data.map((d) => d.embedding.length), [64, 64]);
  const floats = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'an invoice', dimensions: 64, encoding_format: 'float' });
  assert.ok(floats.data[0].embedding.every((v, i) => Math.abs(v - vectors.data[0].embedding[i]) < 1e-6));

  await fails(client.chat.completions.create({ model: 'gpt-0', messages }), OpenAI.NotFoundError, (e) => assert.equal(e.code, 'model_not_found'));
  await fails(client.chat.completions.create({ model, messages: [] }), OpenAI.BadRequestError, (e) => assert.equal(e.param, 'messages'));
  const errors = [
    ['unauthorized', OpenAI.AuthenticationError, 'invalid_api_key'],
    ['forbidden', OpenAI.PermissionDeniedError, 'unsupported_country_region_territory'],
    ['rateLimitedBare', OpenAI.RateLimitError, 'rate_limit_exceeded'],
    ['outOfCredit', OpenAI.RateLimitError, 'insufficient_quota'],
    ['serverError', OpenAI.InternalServerError, null],
    ['unavailable', OpenAI.InternalServerError, null],
    ['dead', OpenAI.APIConnectionError, undefined],
  ];
  for (const [kind, type, code] of errors) {
    await fault('openai', kind);
    await fails(once.chat.completions.create({ model, messages }), type, (e) => assert.equal(e.code ?? null, code ?? null, kind));
  }

  // It retries what can pass, as often as it may, and waits as long as the server says.
  for (const kind of ['rateLimited', 'serverError']) {
    const before = await calls('openai');
    await fault('openai', kind);
    const started = Date.now();
    await client.chat.completions.create({ model, messages });
    assert.equal((await calls('openai')) - before, 2);
    if (kind === 'rateLimited') assert.ok(Date.now() - started >= 900);
  }
  const before = await calls('openai');
  await fault('openai', 'contextTooLong');
  await fails(client.chat.completions.create({ model, messages }), OpenAI.BadRequestError);
  assert.equal((await calls('openai')) - before, 1);

  await fault('openai', 'refusal');
  const refused = (await client.chat.completions.create({ model, messages, response_format: triage })).choices[0].message;
  assert.equal(refused.content, null);
  assert.ok(refused.refusal);
  await fault('openai', 'streamError');
  await fails((async () => { for await (const _ of await client.chat.completions.create({ model, messages, stream: true })); })(), OpenAI.APIError);
}

async function anthropic() {
  const client = new Anthropic({ apiKey: 'k', baseURL: root });
  const once = new Anthropic({ apiKey: 'k', baseURL: root, maxRetries: 0 });
  const model = 'claude-haiku-4-5';
  const body = { model, max_tokens: 500, system: 'You sort mail.', messages: [{ role: 'user', content: mail }] };
  const output_config = { format: { type: 'json_schema', schema } };

  assert.ok((await client.models.list()).data.some((m) => m.id === model));
  const { data, response, request_id: id } = await client.messages.create({ ...body, output_config }).withResponse();
  assert.match(id, /^req_/);
  assert.ok(Date.parse(response.headers.get('anthropic-ratelimit-requests-reset')));
  assert.equal(data.stop_reason, 'end_turn');
  assert.equal(JSON.parse(data.content[0].text).category, 'needs_reply');
  assert.ok(data.usage.input_tokens > 0 && data.usage.output_tokens > 0);

  const tool = await client.messages.create({ ...body, tools: [{ name: 'sort', input_schema: schema }], tool_choice: { type: 'tool', name: 'sort' } });
  assert.deepEqual([tool.stop_reason, tool.content[0].input.category], ['tool_use', 'needs_reply']);

  const final = await client.messages.stream({ ...body, output_config }).finalMessage();
  assert.equal(JSON.parse(final.content[0].text).category, 'needs_reply');
  assert.equal(final.usage.output_tokens, data.usage.output_tokens);

  await fails(client.messages.create({ ...body, model: 'claude-0' }), Anthropic.NotFoundError, (e) => assert.equal(e.error.error.type, 'not_found_error'));
  await fails(client.messages.create({ ...body, temperature: 0.3 }), Anthropic.BadRequestError);
  const errors = [
    ['unauthorized', Anthropic.AuthenticationError, 'authentication_error'],
    ['forbidden', Anthropic.PermissionDeniedError, 'permission_error'],
    ['rateLimitedBare', Anthropic.RateLimitError, 'rate_limit_error'],
    ['spendCap', Anthropic.RateLimitError, 'rate_limit_error'],
    ['outOfCredit', Anthropic.PaymentRequiredError, 'billing_error'],
    ['serverError', Anthropic.InternalServerError, 'api_error'],
    ['overloaded', Anthropic.OverloadedError, 'overloaded_error'],
    ['unavailable', Anthropic.ServiceUnavailableError, 'api_error'],
    ['dead', Anthropic.APIConnectionError, undefined],
  ];
  for (const [kind, type, said] of errors) {
    await fault('anthropic', kind);
    await fails(once.messages.create(body), type, (e) => assert.equal(e.error?.error?.type, said, kind));
  }

  for (const kind of ['rateLimited', 'overloaded']) {
    const before = await calls('anthropic');
    await fault('anthropic', kind);
    const started = Date.now();
    await client.messages.create(body);
    assert.equal((await calls('anthropic')) - before, 2);
    if (kind === 'rateLimited') assert.ok(Date.now() - started >= 900);
  }

  await fault('anthropic', 'refusal');
  const refused = await client.messages.create(body);
  assert.deepEqual([refused.stop_reason, refused.stop_details.type], ['refusal', 'refusal']);
  await fault('anthropic', 'streamError');
  await fails(client.messages.stream(body).finalMessage(), Anthropic.APIError, (e) => assert.equal(e.error.error.type, 'overloaded_error'));
}

Promise.all([openai(), anthropic()]).then(
  () => console.log('ok'),
  (e) => { console.error(e); process.exitCode = 1; },
);
