// Google's own client, as it comes from npm, given nothing but another root address: every method that Butler relies on.
const assert = require('node:assert/strict');
const { gmail, auth } = require('@googleapis/gmail');

const [root, refreshToken, topic] = process.argv.slice(2);

function raw(subject, inReplyTo) {
  const lines = ['From: owner@sandbox.butler.test', 'To: nora@example.org', `Subject: ${subject}`];
  if (inReplyTo) lines.push(`In-Reply-To: ${inReplyTo}`, `References: ${inReplyTo}`);
  return Buffer.from([...lines, 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', '', 'Yes.', ''].join('\r\n')).toString('base64url');
}

async function main() {
  const client = new auth.OAuth2({ clientId: 'c', clientSecret: 's', endpoints: { oauth2TokenUrl: `${root}token`, oauth2RevokeUrl: `${root}revoke` } });
  client.setCredentials({ refresh_token: refreshToken });
  const { users } = gmail({ version: 'v1', auth: client, rootUrl: root });
  const userId = 'me';

  const profile = (await users.getProfile({ userId })).data;
  assert.equal(profile.emailAddress, 'owner@sandbox.butler.test');

  const listed = [];
  let pageToken;
  do {
    const page = (await users.messages.list({ userId, maxResults: 2, pageToken, q: '-in:drafts' })).data;
    listed.push(...(page.messages ?? []));
    pageToken = page.nextPageToken;
  } while (pageToken);
  assert.equal(listed.length, profile.messagesTotal);

  const full = (await users.messages.get({ userId, id: listed[0].id })).data;
  const header = (name) => full.payload.headers.find((h) => h.name.toLowerCase() === name)?.value;
  const bytes = Buffer.from((await users.messages.get({ userId, id: listed[0].id, format: 'raw' })).data.raw, 'base64url').toString();
  assert.ok(bytes.includes(header('subject')));
  await assert.rejects(users.messages.get({ userId, id: '1fffffffffffffff' }), (e) => e.code === 404 || e.status === 404);

  const watch = (await users.watch({ userId, requestBody: { topicName: topic } })).data;
  assert.equal(watch.historyId, profile.historyId);
  assert.ok(Number(watch.expiration) > Date.now());

  const draft = (await users.drafts.create({ userId, requestBody: { message: { raw: raw(`Re: ${header('subject')}`, header('message-id')), threadId: full.threadId } } })).data;
  assert.equal(draft.message.threadId, full.threadId);
  const read = (await users.drafts.get({ userId, id: draft.id, format: 'raw' })).data;
  assert.ok(Buffer.from(read.message.raw, 'base64url').toString().includes('Yes.'));
  const updated = (await users.drafts.update({ userId, id: draft.id, requestBody: { message: { raw: raw('Other'), threadId: full.threadId } } })).data;
  assert.notEqual(updated.message.id, draft.message.id);
  assert.equal((await users.drafts.list({ userId })).data.drafts.length, 1);
  await users.messages.modify({ userId, id: listed[0].id, requestBody: { addLabelIds: ['STARRED'] } });
  await users.drafts.delete({ userId, id: updated.id });
  assert.equal((await users.drafts.list({ userId })).data.drafts, undefined);

  const kinds = new Set();
  let newest;
  do {
    const page = (await users.history.list({ userId, startHistoryId: watch.historyId, maxResults: 2, pageToken })).data;
    for (const entry of page.history ?? []) {
      for (const kind of ['messagesAdded', 'messagesDeleted', 'labelsAdded']) if (entry[kind]?.length) kinds.add(kind);
    }
    pageToken = page.nextPageToken;
    newest = page.historyId;
  } while (pageToken);
  assert.deepEqual([...kinds].sort(), ['labelsAdded', 'messagesAdded', 'messagesDeleted']);
  assert.ok(BigInt(newest) > BigInt(watch.historyId));
  await assert.rejects(users.history.list({ userId, startHistoryId: '1' }), (e) => e.code === 404 || e.status === 404);

  assert.ok([200, 204].includes((await users.stop({ userId })).status));
  console.log(`ok ${listed.length}`);
}

main().catch((e) => {
  console.error(e.stack ?? e);
  process.exit(1);
});
