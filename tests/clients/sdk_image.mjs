// An image with Node.js and the unmodified `apify` package of this folder, without a registry: the
// build fetches both from here, as one tar, over the builder's network.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';

const folder = import.meta.dirname;
const node = process.execPath;

/** The shared libraries that this Node.js needs, relative to the root folder. */
function libraries() {
    const listed = execFileSync('ldd', [node], { encoding: 'utf8' });
    return [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path.slice(1));
}

function tarOf() {
    return spawn('tar', ['--create', '--dereference', '--owner=0', '--group=0',
        '--exclude=node_modules/node-linux-*', '--exclude=node_modules/.bin',
        '--transform=s,^node$,usr/local/bin/node,', '--transform=s,^node_modules,app/node_modules,',
        '--directory=/', ...libraries(), `--directory=${dirname(node)}`, 'node',
        `--directory=${folder}`, 'node_modules'], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Resolves to { dockerfile, stop }: the file's beginning, up to a folder /app that has `apify`. */
export async function serveSdkImage() {
    const server = createServer((request, response) => {
        const tar = tarOf();
        tar.stdout.pipe(response);
        request.on('close', () => tar.kill());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${server.address().port}/runtime.tar`;
    const dockerfile = ['FROM localhost/actuary/base',
        `RUN wget --no-proxy -q -O - ${url} | tar -x -C / && chown -R actor /app && node --version`,
        'WORKDIR /app', 'USER actor', ''].join('\n');
    const stop = async () => {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
    };
    return { dockerfile, stop };
}
