// mailparser and postal-mime: their side of `./butler bench mime` and `./butler eval mime`.
// Pack: for each mail four bytes of length (little endian), then its bytes.
// usage: node node_mail.mjs PACK mailparser|postal-mime everything ROUNDS
//        node node_mail.mjs PACK mailparser|postal-mime dump
import { createHash } from 'node:crypto';
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

// The packages stand where ./butler installed them, not beside this file.
const require = createRequire(process.env.BUTLER_NODE_MODULES + '/');
const { simpleParser } = require('mailparser');
const PostalMime = require('postal-mime').default ?? require('postal-mime');

const [pack, which, mode, rounds] = process.argv.slice(2);
const content = readFileSync(pack);

// No conversions between text and HTML: only what every parser here does.
const plain = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };
const parse = which === 'mailparser'
    ? raw => simpleParser(raw, plain)
    : raw => new PostalMime({ attachmentEncoding: 'arraybuffer', forceRfc822Attachments: true }).parse(raw);

function* mails() {
    for (let at = 0; at + 4 <= content.length;) {
        const length = content.readUInt32LE(at);
        yield content.subarray(at + 4, at + 4 + length);
        at += 4 + length;
    }
}

const length = text => typeof text === 'string' ? text.length : 0;
const size = data => data?.byteLength ?? data?.length ?? 0;

async function bench() {
    let best = 1e9, counts;
    for (let round = 0; round < rounds; round++) {
        counts = { mails: 0, bytes: 0, parts: 0, headers: 0, chars: 0, files: 0, errors: 0 };
        const start = process.cpuUsage();
        for (const raw of mails()) {
            try {
                const mail = await parse(raw);
                counts.chars += length(mail.subject) + length(mail.text) + length(mail.html);
                counts.headers += mail.headerLines?.length ?? mail.headers.length;
                for (const file of mail.attachments) counts.files += size(file.content);
            } catch {
                counts.errors++;
            }
            counts.mails++;
            counts.bytes += raw.length;
        }
        // Processor time: neighbours on the machine do not count.
        const spent = process.cpuUsage(start);
        best = Math.min(best, (spent.user + spent.system) / 1e6);
    }
    console.log(JSON.stringify({ version: require(which + '/package.json').version, seconds: best, peak_kb: process.resourceUsage().maxRSS, ...counts }));
}

const hash = data => createHash('sha256').update(Buffer.from(data)).digest('hex').slice(0, 16);

// One shape for both: lists of [name, address], groups flattened.
function addresses(value) {
    const found = [];
    const add = entry => {
        if (entry.group) entry.group.forEach(add);
        else if (entry.address || entry.name) found.push([entry.name ?? '', entry.address ?? '']);
    };
    for (const list of [value ?? []].flat()) (list.value ?? [list]).forEach(add);
    return found;
}

async function dump() {
    for (const raw of mails()) {
        let line;
        try {
            const mail = await parse(raw);
            const time = mail.date ? Math.floor(new Date(mail.date).getTime() / 1000) : null;
            line = {
                subject: mail.subject ?? '',
                from: addresses(mail.from), to: addresses(mail.to), cc: addresses(mail.cc),
                date: Number.isNaN(time) ? null : time,
                id: mail.messageId ?? '',
                text: mail.text || '', html: mail.html || '',
                files: mail.attachments.map(a => ({ type: a.contentType ?? a.mimeType, name: a.filename ?? null, size: size(a.content), hash: hash(a.content) })),
            };
        } catch (error) {
            line = { error: String(error.message ?? error).slice(0, 80) };
        }
        // Written at once: the pipe is slower than the parsers.
        const bytes = Buffer.from(JSON.stringify(line, (_, value) => typeof value === 'string' ? value.toWellFormed() : value) + '\n');
        for (let done = 0; done < bytes.length;) {
            try {
                done += writeSync(1, bytes, done);
            } catch (error) {
                if (error.code !== 'EAGAIN') throw error;
            }
        }
    }
}

await (mode === 'dump' ? dump() : bench());
