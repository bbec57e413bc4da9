// Starts `actuary serve` on a folder of its own; its output says how clients are aimed at it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = resolve(import.meta.dirname, '../..');
const program = process.env.ACTUARY_PROGRAM ?? join(root, 'build/dev/bin/actuary');
const kStartMillis = 60_000;

async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}

async function run(command, ...args) {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${command} ended with ${code}`);
}

/** Resolves to { token, baseUrl, stop } once the server says where it is. */
export async function startServer() {
    const data = await mkdtemp(join(tmpdir(), 'actuary-clients-'));
    await run(join(root, 'tools/base-image'));
    const listen = `127.0.0.1:${await freePort()}`;
    const child = spawn(program, ['serve', '--data', data, '--listen', listen],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    const exports = {};
    let timer;
    const ready = new Promise((done, failed) => {
        timer = setTimeout(() => failed(new Error('actuary serve said nothing')), kStartMillis);
        child.on('error', failed);
        child.on('exit', (code) => failed(new Error(`actuary serve ended with ${code}`)));
        createInterface(child.stdout).on('line', (line) => {
            const found = /^export (\w+)=["']?([^"']*)["']?$/.exec(line.trim());
            if (found) exports[found[1]] = found[2];
            const { APIFY_TOKEN, APIFY_CLIENT_BASE_URL, APIFY_API_BASE_URL } = exports;
            if (APIFY_TOKEN && APIFY_CLIENT_BASE_URL && APIFY_API_BASE_URL) done();
        });
    });
    const stop = async () => {
        if (child.exitCode === null && child.signalCode === null) {
            child.kill('SIGTERM');
            await once(child, 'exit');
        }
        await rm(data, { recursive: true, force: true });
    };
    try {
        await ready;
    } catch (error) {
        await stop();
        throw error;
    } finally {
        clearTimeout(timer);
        child.removeAllListeners('exit');
    }
    return { token: exports.APIFY_TOKEN, baseUrl: exports.APIFY_CLIENT_BASE_URL, exports, stop };
}
