// The unmodified npm `apify-client` against a real server with real containers.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { ApifyApiError, ApifyClient } from 'apify-client';

import { startServer } from './server.mjs';

const examples = join(import.meta.dirname, '../../tools/examples');
const kMemoryMbytes = 256;
const kWaitSeconds = 180;

let server;
let client;

before(async () => {
    server = await startServer();
    client = new ApifyClient({ baseUrl: server.baseUrl, token: server.token, maxRetries: 1 });
});
after(async () => server?.stop());

async function sourceFiles(name) {
    const names = ['Dockerfile', 'main.sh', '.actor/actor.json'];
    return Promise.all(names.map(async (file) => ({
        name: file, format: 'TEXT', content: await readFile(join(examples, name, file), 'utf8'),
    })));
}

/** Creates the example Actor `name` from its source files and builds it. */
async function createActor(name) {
    const version = { versionNumber: '0.1', sourceType: 'SOURCE_FILES', buildTag: 'latest',
        sourceFiles: await sourceFiles(name) };
    const actor = await client.actors().create({ name: `${name}-by-client`, versions: [version] });
    const started = await client.actor(actor.id).build('0.1');
    const build = await client.build(started.id).waitForFinish({ waitSecs: kWaitSeconds });
    const log = await client.log(started.id).get();
    assert.equal(build.status, 'SUCCEEDED', log);
    return { actor, build };
}

async function waitForLog(run, text) {
    for (let round = 0; round < 300; round += 1) {
        const log = await client.run(run.id).log().get() ?? '';
        if (text instanceof RegExp ? text.test(log) : log.includes(text)) return;
        await new Promise((done) => setTimeout(done, 100));
    }
    assert.fail(`the log never said: ${text}`);
}

function storagesOf(run) {
    const { defaultDatasetId, defaultKeyValueStoreId, defaultRequestQueueId } = run;
    return { defaultDatasetId, defaultKeyValueStoreId, defaultRequestQueueId };
}

async function rejection(promise) {
    const error = await promise.then(() => assert.fail('it was accepted'), (reason) => reason);
    assert.ok(error instanceof ApifyApiError, String(error));
    return error;
}

test('the printed address serves the account that the printed token belongs to', async () => {
    const me = await client.user('me').get();
    assert.equal(typeof me.username, 'string');
    assert.match(server.exports.APIFY_API_BASE_URL, /^http:\/\//);
});

describe('hello', () => {
    let actor;
    let build;
    let run;

    before(async () => {
        ({ actor, build } = await createActor('hello'));
        run = await client.actor(actor.id).call({ name: 'Rome', count: 3 },
            { memory: kMemoryMbytes, waitSecs: kWaitSeconds, log: null });
    });

    test('the Actor is found by id, by name and in the list', async () => {
        const { username } = await client.user('me').get();
        assert.equal((await client.actor(`${username}/hello-by-client`).get()).id, actor.id);
        const { items } = await client.actors().list({ my: true });
        assert.ok(items.some(({ id }) => id === actor.id));
        assert.equal((await client.actor(actor.id).get()).taggedBuilds.latest.buildId, build.id);
    });

    test('the build has a number and a log', async () => {
        assert.match(build.buildNumber, /^0\.1\.\d+$/);
        assert.ok((await client.log(build.id).get()).length > 0);
    });

    test('the run succeeds with times and the build that it was resolved to', async () => {
        assert.equal(run.status, 'SUCCEEDED');
        assert.equal(run.exitCode, 0);
        assert.equal(run.buildId, build.id);
        assert.equal(run.buildNumber, build.buildNumber);
        assert.equal(run.options.memoryMbytes, kMemoryMbytes);
        assert.ok(run.finishedAt >= run.startedAt);
        assert.ok(run.stats.durationMillis >= 0);
    });

    test('its items, INPUT, OUTPUT and log are read', async () => {
        const { items } = await client.dataset(run.defaultDatasetId).listItems();
        assert.deepEqual(items, [1, 2, 3].map((number) => ({ greeting: 'Hello, Rome', number })));
        const store = client.keyValueStore(run.defaultKeyValueStoreId);
        assert.deepEqual((await store.getRecord('INPUT')).value, { name: 'Rome', count: 3 });
        assert.deepEqual((await store.getRecord('OUTPUT')).value, { name: 'Rome', greetings: 3 });
        const log = await client.run(run.id).log().get();
        assert.match(log, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /);
        assert.match(log, /Hello, Rome \(3 of 3\)\n.*Wrote OUTPUT/);
    });

    test('a body large enough to be compressed arrives whole', async () => {
        const name = 'x'.repeat(100_000);
        const options = { memory: kMemoryMbytes };
        const started = await client.actor(actor.id).start({ name, count: 0 }, options);
        const store = client.keyValueStore(started.defaultKeyValueStoreId);
        const record = await store.getRecord('INPUT');
        assert.equal(record.value.name, name);
        await client.run(started.id).waitForFinish({ waitSecs: kWaitSeconds });
    });

    test('aborting a finished run changes nothing', async () => {
        assert.equal((await client.run(run.id).abort()).status, 'SUCCEEDED');
    });

    test('an unknown build tag is refused', async () => {
        const options = { build: 'no-such-tag' };
        const error = await rejection(client.actor(actor.id).start({}, options));
        assert.equal(error.statusCode, 404);
        assert.equal(error.type, 'unknown-build-tag');
    });

    test('memory that is not a power of two is refused', async () => {
        const error = await rejection(client.actor(actor.id).start({}, { memory: 300 }));
        assert.equal(error.statusCode, 400);
        assert.match(error.message, /power of (two|2)/i);
    });

    test('a malformed JSON body is refused and starts nothing', async () => {
        const runsBefore = (await client.actor(actor.id).runs().list()).total;
        const Authorization = `Bearer ${server.token}`;
        const response = await fetch(`${server.baseUrl}/v2/acts/${actor.id}/runs`, {
            method: 'POST',
            headers: { Authorization, 'Content-Type': 'application/json' },
            body: '{"name": ',
        });
        assert.equal(response.status, 400);
        assert.equal((await response.json()).error.type, 'run-input-body-not-valid-json');
        assert.equal((await client.actor(actor.id).runs().list()).total, runsBefore);
    });
});

describe('sleeper', () => {
    let actor;

    before(async () => { ({ actor } = await createActor('sleeper')); });

    async function startAndSeeItWork(input) {
        const run = await client.actor(actor.id).start(input, { memory: kMemoryMbytes });
        await waitForLog(run, 'second 1 of');
        return run;
    }

    for (const gracefully of [false, true]) {
        const how = gracefully ? 'gracefully' : 'at once';
        test(`a run is aborted ${how} and resurrected with its ids and storages`, async () => {
            const run = await startAndSeeItWork({ seconds: gracefully ? 5 : 60, exitCode: 0 });
            await client.run(run.id).abort({ gracefully });
            const aborted = await client.run(run.id).waitForFinish({ waitSecs: kWaitSeconds });
            assert.equal(aborted.status, 'ABORTED');

            const resurrected = await client.run(run.id).resurrect();
            assert.equal(resurrected.id, run.id);
            assert.deepEqual(storagesOf(resurrected), storagesOf(run));
            assert.equal(resurrected.buildId, run.buildId);
            assert.ok(['READY', 'RUNNING'].includes(resurrected.status), resurrected.status);
            await waitForLog(run, /second 1 of[^]*second 1 of/);
            if (!gracefully) await client.run(run.id).abort();
            const finished = await client.run(run.id).waitForFinish({ waitSecs: kWaitSeconds });
            assert.equal(finished.status, gracefully ? 'SUCCEEDED' : 'ABORTED');
            assert.deepEqual(storagesOf(finished), storagesOf(run));
            assert.match(await client.run(run.id).log().get(), /second 1 of[^]*second 1 of/);
        });
    }

    test('a run that outlives its timeout ends TIMED-OUT', async () => {
        const started = await client.actor(actor.id).start({ seconds: 60 },
            { memory: kMemoryMbytes, timeout: 2 });
        const run = await client.run(started.id).waitForFinish({ waitSecs: kWaitSeconds });
        assert.equal(run.status, 'TIMED-OUT');
    });

    test('a reboot gives the same run another container', async () => {
        const run = await startAndSeeItWork({ seconds: 60 });
        const rebooted = await client.run(run.id).reboot();
        assert.equal(rebooted.id, run.id);
        assert.equal(rebooted.status, 'RUNNING');
        await waitForLog(run, /second 1 of[^]*second 1 of/);
        const again = await client.run(run.id).get();
        assert.equal(again.stats.rebootCount, 1);
        assert.equal(again.status, 'RUNNING');
        assert.deepEqual(storagesOf(again), storagesOf(run));
        await client.run(run.id).abort();
        await client.run(run.id).waitForFinish({ waitSecs: kWaitSeconds });
        const error = await rejection(client.run(run.id).reboot());
        assert.equal(error.type, 'job-finished');
        assert.match(error.message, /already finished/);
    });

    test('a metamorph goes on as another Actor with an input of its own', async () => {
        const { actor: crasher, build } = await createActor('crasher');
        const run = await startAndSeeItWork({ seconds: 60 });
        const became = await client.run(run.id).metamorph(crasher.id, { exitCode: 5 });
        assert.equal(became.id, run.id);
        const finished = await client.run(run.id).waitForFinish({ waitSecs: kWaitSeconds });
        assert.equal(finished.status, 'FAILED');
        assert.equal(finished.exitCode, 5);
        assert.equal(finished.actId, actor.id);
        assert.equal(finished.stats.metamorph, 1);
        const [metamorph] = finished.metamorphs;
        assert.equal(metamorph.actorId, crasher.id);
        assert.equal(metamorph.buildId, build.id);
        assert.equal(metamorph.inputKey, 'INPUT-METAMORPH-1');
        const store = client.keyValueStore(run.defaultKeyValueStoreId);
        assert.deepEqual((await store.getRecord('INPUT-METAMORPH-1')).value, { exitCode: 5 });
        assert.deepEqual((await store.getRecord('INPUT')).value, { seconds: 60 });
        assert.equal(await client.actor(crasher.id).lastRun().get(), undefined);
        assert.equal((await client.actor(crasher.id).get()).stats.totalMetamorphs, 1);
    });

    test('what is charged counts once for each key, and ends the run at its limit', async () => {
        const event = { eventTitle: 'Page', eventDescription: 'A page', eventPriceUsd: 0.1 };
        const pricingPerEvent = { actorChargeEvents: { page: event } };
        await client.actor(actor.id).update({
            pricingInfos: [{ pricingModel: 'PAY_PER_EVENT', pricingPerEvent }],
        });
        const run = await client.actor(actor.id).start({ seconds: 12 },
            { memory: kMemoryMbytes, maxTotalChargeUsd: 0.2 });
        await waitForLog(run, 'second 1 of');
        const charge = { eventName: 'page', count: 1, idempotencyKey: 'the first page' };
        await client.run(run.id).charge(charge);
        await client.run(run.id).charge(charge);
        assert.deepEqual((await client.run(run.id).get()).chargedEventCounts, { page: 1 });
        await client.run(run.id).charge({ eventName: 'page', idempotencyKey: 'the second page' });
        const own = await rejection(client.run(run.id).charge({ eventName: 'apify-actor-start' }));
        assert.equal(own.type, 'cannot-charge-apify-event');
        const finished = await client.run(run.id).waitForFinish({ waitSecs: kWaitSeconds });
        assert.equal(finished.status, 'ABORTED');
        assert.deepEqual(finished.chargedEventCounts, { page: 2 });
        assert.equal(finished.pricingInfo.pricingModel, 'PAY_PER_EVENT');
        await client.actor(actor.id).update({ pricingInfos: [{ pricingModel: 'FREE' }] });
    });

    test('a process that fails is started again when the run was started so', async () => {
        const started = await client.actor(actor.id).start({ seconds: 0, exitCode: 7 },
            { memory: kMemoryMbytes, restartOnError: true });
        const run = await client.run(started.id).waitForFinish({ waitSecs: kWaitSeconds });
        assert.equal(run.status, 'FAILED');
        assert.equal(run.exitCode, 7);
        assert.equal(run.stats.restartCount, 3);
    });

    test('its own exit code is kept', async () => {
        const started = await client.actor(actor.id).start({ seconds: 1, exitCode: 7 },
            { memory: kMemoryMbytes });
        const run = await client.run(started.id).waitForFinish({ waitSecs: kWaitSeconds });
        assert.equal(run.status, 'FAILED');
        assert.equal(run.exitCode, 7);
    });
});

describe('refusals', () => {
    test('an invalid token is told so', async () => {
        const { baseUrl } = server;
        const stranger = new ApifyClient({ baseUrl, token: 'not-a-token', maxRetries: 0 });
        const error = await rejection(stranger.user('me').get());
        assert.equal(error.statusCode, 401);
        assert.ok(['invalid-token', 'user-or-token-not-found'].includes(error.type), error.type);
    });

    test('an id that does not exist reads as undefined', async () => {
        const id = 'abcdefghijklmnopq';
        assert.equal(await client.actor(id).get(), undefined);
        assert.equal(await client.build(id).get(), undefined);
        assert.equal(await client.run(id).get(), undefined);
        assert.equal(await client.dataset(id).get(), undefined);
        assert.equal(await client.keyValueStore(id).get(), undefined);
        assert.equal(await client.log(id).get(), undefined);
    });

    test('a name that is taken is refused', async () => {
        await client.actors().create({ name: 'taken' });
        const error = await rejection(client.actors().create({ name: 'taken' }));
        assert.equal(error.type, 'actor-name-not-unique');
    });
});
