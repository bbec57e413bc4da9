// An Actor on the unmodified JavaScript SDK learns through its events websocket that it is aborted,
// saves what it has, and goes on from there in another build with twice the memory.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ApifyClient } from 'apify-client';

import { serveSdkImage } from './sdk_image.mjs';
import { startServer } from './server.mjs';

const kMemoryMbytes = 512;
const kWaitSecs = 120;

// It counts in memory; only the event makes it save.
const counter = (words, limit) => `
import { Actor } from 'apify';
await Actor.init();
const store = await Actor.openKeyValueStore();
const saved = await store.getValue('STATE');
let count = saved?.count ?? 0;
const from = count;
const heard = [];
let stopped = false;
Actor.on('persistState', async ({ isMigrating }) => {
    heard.push('persistState ' + isMigrating);
    await store.setValue('STATE', { count, heard });
});
Actor.on('aborting', () => {
    heard.push('aborting');
    stopped = true;
});
let seen = 0;
Actor.on('systemInfo', (info) => {
    seen += 1;
    if (seen === 2) console.log('SYSTEM ' + JSON.stringify(info));
});
console.log('${words} from ' + count);
while (!stopped && (count < from + ${limit} || seen < 2)) {
    count += 1;
    if (count === from + 20) console.log('twenty more');
    await new Promise((done) => setTimeout(done, 20));
}
if (stopped) await new Promise(() => {});
const { ACTOR_MEMORY_MBYTES, ACTOR_BUILD_NUMBER, ACTOR_TIMEOUT_AT } = process.env;
await store.setValue('OUTPUT', { from, to: count, memory: Number(ACTOR_MEMORY_MBYTES),
    build: ACTOR_BUILD_NUMBER, timeoutAt: ACTOR_TIMEOUT_AT });
await Actor.exit();
`;

let server;
let image;
let client;

before(async () => {
    [server, image] = await Promise.all([startServer(), serveSdkImage()]);
    client = new ApifyClient({ baseUrl: server.baseUrl, token: server.token, maxRetries: 1 });
});
after(async () => {
    await image?.stop();
    await server?.stop();
});

function version(versionNumber, main) {
    const file = (name, content) => ({ name, format: 'TEXT', content });
    return { versionNumber, sourceType: 'SOURCE_FILES', buildTag: `tag-${versionNumber}`,
        sourceFiles: [
            file('Dockerfile', `${image.dockerfile}COPY main.mjs ./\nCMD ["node", "main.mjs"]\n`),
            file('main.mjs', main)] };
}

async function build(actor, versionNumber) {
    const started = await client.actor(actor.id).build(versionNumber, { useCache: true });
    const ended = await client.build(started.id).waitForFinish({ waitSecs: kWaitSecs });
    assert.equal(ended.status, 'SUCCEEDED', await client.log(started.id).get());
    return ended;
}

async function waitForLog(run, text) {
    const deadline = Date.now() + 60_000;
    let log = '';
    while (Date.now() < deadline) {
        log = await client.run(run.id).log().get() ?? '';
        if (log.includes(text)) return log;
        await new Promise((done) => setTimeout(done, 100));
    }
    return assert.fail(`the log never said: ${text}\n${log}`);
}

test('an aborted Actor goes on where it was, in a new build with twice the memory', async () => {
    const actor = await client.actors().create({ name: 'counter', versions: [
        version('0.1', counter('first', 1_000_000)), version('0.2', counter('second', 30))] });
    await build(actor, '0.1');
    const run = await client.actor(actor.id).start(undefined,
        { build: 'tag-0.1', memory: kMemoryMbytes, timeout: 300 });
    await waitForLog(run, 'twenty more');
    await waitForLog(run, 'SYSTEM ');
    const begun = Date.now();
    await client.run(run.id).abort({ gracefully: true });
    const aborted = await client.run(run.id).waitForFinish({ waitSecs: kWaitSecs });
    const log = await client.run(run.id).log().get();
    assert.equal(aborted.status, 'ABORTED', log);
    assert.equal(aborted.exitCode, 0, log);
    assert.ok(Date.now() - begun < 20_000, `it was killed after its grace:\n${log}`);
    const store = client.keyValueStore(run.defaultKeyValueStoreId);
    const { value: state } = await store.getRecord('STATE');
    assert.ok(state.count > 20, `${state.count}`);
    assert.ok(state.heard.includes('persistState false'), state.heard.join());
    assert.ok(state.heard.includes('aborting'), state.heard.join());

    await build(actor, '0.2');
    const resurrected = await client.run(run.id).resurrect(
        { build: 'tag-0.2', memory: 2 * kMemoryMbytes });
    assert.equal(resurrected.id, run.id);
    const finished = await client.run(run.id).waitForFinish({ waitSecs: kWaitSecs });
    const both = await client.run(run.id).log().get();
    assert.equal(finished.status, 'SUCCEEDED', both);
    assert.ok(both.includes(`second from ${state.count}`), both);
    const { value: output } = await store.getRecord('OUTPUT');
    assert.equal(output.from, state.count);
    assert.ok(output.to >= state.count + 30, `${output.to}`);
    assert.equal(output.memory, 2 * kMemoryMbytes);
    assert.equal(output.build, finished.buildNumber);
    assert.equal(finished.buildNumber, '0.2.1');
    assert.ok(new Date(output.timeoutAt) > aborted.finishedAt, 'the timeout counts anew');
    assert.equal(finished.defaultKeyValueStoreId, run.defaultKeyValueStoreId);
    assert.equal(finished.defaultDatasetId, run.defaultDatasetId);
    assert.equal(finished.stats.resurrectCount, 1);
});
