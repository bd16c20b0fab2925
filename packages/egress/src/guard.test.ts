import type { LookupAddress } from "node:dns";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createEgress, type EgressOptions } from "./create-egress.ts";
import { EgressError } from "./error.ts";
import { checkUrl, readAddresses } from "./guard.ts";
import { answer, onPost, type TcpServer, tcpServer } from "./test-servers.ts";

/** Servers that no untrusted request may reach; tests count their connections. */
const canaries: TcpServer[] = [];
beforeAll(async () => {
  for (const host of ["127.0.0.1", "::1"])
    canaries.push(await tcpServer((s) => onPost(s, () => s.end(answer("hit"))), host));
});
afterAll(async () => {
  for (const canary of canaries) await canary[Symbol.asyncDispose]();
});
const hits = () => canaries.reduce((sum, canary) => sum + canary.connections.length, 0);
const port = (n: 0 | 1 = 0) => canaries[n]?.port ?? 0;

function post(url: string, options: EgressOptions = {}, trusted = false) {
  const egress = createEgress({ connectTimeoutMs: 1_000, ...options });
  onTestFinished(() => egress.close());
  return egress.request({ method: "POST", url, body: "{}", trusted, timeoutMs: 2_000 });
}

function resolvesTo(...addresses: string[]): EgressOptions {
  const found = addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 }));
  return { resolve: () => Promise.resolve(found) };
}

async function expectBlocked(url: string, options?: EgressOptions) {
  const before = hits();
  await expect(post(url, options)).rejects.toMatchObject({ kind: "blocked", sent: false, code: "BLOCKED" });
  expect(hits()).toBe(before);
}

const v4 =
  `127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 0x7f.1 017700000001 0 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255
  192.168.0.1 169.254.169.254 169.254.170.2 100.64.0.1 100.100.100.200 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1
  203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 168.63.129.16`.split(/\s+/);
const v6 = `:: ::1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::127.0.0.1 fe80::1 fc00::1 fd00:ec2::254 fd20:ce::254 ff02::1
  64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::a01:203 64:ff9b:1::1 2002:7f00:1:: 2001:db8::1 3fff::1 100::1 5f00::1 2001::1 2001:0:7f00:1::
  ::ffff:0:127.0.0.1 fec0::1 ::ffff:10.0.0.1 ::ffff:168.63.129.16`.split(/\s+/);
// the last one is an IPv4 address as DNS64 writes it
const publicAddresses = ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"];
const bracketed = (address: string) => (address.includes(":") ? `[${address}]` : address);

test("refusalOf: what the text of a URL says, without a look-up", () => {
  const egress = createEgress({ resolve: () => Promise.reject(new Error("no look-up is expected")) });
  onTestFinished(() => egress.close());
  expect(egress.refusalOf("https://hooks.example.com/x")).toBeUndefined();
  expect(egress.refusalOf("https://hooks.example.com:8443/x")).toContain('"allowHosts": ["hooks.example.com:8443"]');
  expect(egress.refusalOf("https://10.0.0.1/x")).toContain('"allowPrivate": ["10.0.0.1/32"]');
  expect(egress.refusalOf("https://user:secret@hooks.example.com/")).not.toContain("secret");
});

describe("guard: never connects to an address that is not public", () => {
  test.each([...v4, ...v6])("literal in the URL: %s", async (address) => {
    await expectBlocked(`https://${bracketed(address)}/`);
    await expectBlocked(`https://${bracketed(address)}:${port()}/`);
    await expectBlocked(`http://${bracketed(address)}:${port(1)}/`);
  });

  const named = [...v4.filter((address) => address.split(".").length === 4 && !/0x|0177/.test(address)), ...v6];
  test.each(named)("resolved from a name: %s", async (address) => {
    await expectBlocked("https://video.example.com/", resolvesTo(address));
  });

  test("one forbidden address among many refuses the name", async () => {
    await expectBlocked("https://video.example.com/", resolvesTo("8.8.8.8", "::1"));
    await expectBlocked("https://video.example.com/", resolvesTo(...Array<string>(999).fill("8.8.8.8"), "127.0.0.1"));
  });

  test("a name is resolved once, against DNS rebinding", async () => {
    const answers = [
      { address: "127.0.0.1", family: 4 },
      { address: "8.8.8.8", family: 4 },
    ];
    let asked = 0;
    const resolve = () => Promise.resolve(answers.slice(asked++).slice(0, 1));
    await expectBlocked("https://rebind.example.com/", { resolve });
    expect(asked).toBe(1);
  });
});

describe("guard: checks the parsed host, whatever the spelling", () => {
  const spellings = () => [
    `https:127.0.0.1:${port()}`,
    `https:///127.0.0.1:${port()}`,
    `HTTPS://127.0.0.1:${port()}/`,
    `https://127.0.0.1.:${port()}/`,
    `https://①②⑦.⓪.⓪.①:${port()}/`,
    `https://%31%32%37.0.0.1:${port()}/`,
    `https://127。0。0。1:${port()}/`,
    `https://12\t7.0.0\n.1:${port()}/`,
    `https://127.0.0.1:${port()}\\@example.com/`,
    `https://127.0.0.1:${port()}#@example.com/`,
    `https://[0:0:0:0:0:0:0:1]:${port(1)}/`,
    `https://ⓛocalhost:${port()}/`,
    `https://localhost.:${port()}/`,
  ];
  test.each(spellings().map((_, index) => index))("spelling %i", async (index) => {
    await expectBlocked(spellings()[index] ?? "", resolvesTo("127.0.0.1"));
  });

  const refused = [
    "https://good@169.254.169.254/",
    "https://user:password@example.com/",
    "https://:@",
    "https://",
    "https://:443/",
    "//127.0.0.1/",
    "https://[fe80::1%lo]/",
    "https://[fe80::1%25lo]/",
    "https://example.com:65536/",
    "not a url",
    "",
    `https://example.com/${"x".repeat(17_000)}`,
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://example.com/",
    "data:text/plain,hi",
    "blob:https://example.com/1",
    "javascript:alert(1)",
    "ws://example.com/",
    "wss://example.com/",
    "jar:https://example.com!/",
    "dict://example.com/",
    "ldap://example.com/",
    "unix:/run/redis.sock",
  ];
  test.each(refused)("refused: %s", (url) => expectBlocked(url, resolvesTo("8.8.8.8")));
});

describe("guard: only an allowed private address may serve", () => {
  const names =
    `localhost LOCALHOST a.localhost printer.local vault.internal metadata.google.internal host.docker.internal
    redis router nas.lan intranet.corp box.home 1.0.0.127.in-addr.arpa`.split(/\s+/);
  test.each(names)("an internal name: %s", async (name) => {
    await expectBlocked(`https://${name}/`, resolvesTo("8.8.8.8"));
    await expectBlocked(`https://${name}/`, { ...resolvesTo("8.8.8.8"), allowPrivate: ["127.0.0.0/8"] });
  });

  test.each([
    "http://example.com/",
    "http://example.com:443/",
    ...[0, 22, 25, 80, 6379, 6380, 8443].map((n) => `https://example.com:${n}/`),
  ])("plain http, or a port other than 443: %s", async (url) => {
    await expectBlocked(url, resolvesTo("8.8.8.8"));
    await expectBlocked(url, { ...resolvesTo("8.8.8.8"), allowPrivate: ["10.0.0.0/8"] });
  });

  test("an allowed range is reached by address and by name", async () => {
    const allowPrivate = ["127.0.0.0/8", "::1/128"];
    for (const url of [
      `http://127.0.0.1:${port()}/`,
      `http://[::1]:${port(1)}/`,
      `http://[::ffff:127.0.0.1]:${port()}/`,
    ]) {
      expect((await post(url, { allowPrivate })).text).toBe("hit");
    }
    const named = await post(`http://simulator:${port()}/`, { ...resolvesTo("127.0.0.1"), allowPrivate });
    expect(named.text).toBe("hit");
  });

  test("an address outside the range and a mixed answer are refused", async () => {
    await expectBlocked(`http://127.0.0.1:${port()}/`, { allowPrivate: ["10.0.0.0/8", "::1/128"] });
    const mixed = { ...resolvesTo("127.0.0.1", "10.0.0.1"), allowPrivate: ["127.0.0.0/8"] };
    await expectBlocked(`http://simulator:${port()}/`, mixed);
  });

  test("allowHosts opens one public origin, and no private address behind it", async () => {
    const allowHosts = ["cdn.example.com:8443", "http://files.example.com"];
    const refusalOf = async (url: string, ...addresses: string[]) => {
      const options = { ...resolvesTo(...addresses), allowHosts, connectTimeoutMs: 1 };
      const error: unknown = await post(url, options).catch((reason: unknown) => reason);
      return error instanceof EgressError ? error.kind : "answered";
    };
    // public to the guard, and assigned to nobody
    const unassigned = "2fff:ffff::1";
    for (const url of ["https://cdn.example.com:8443/", "http://files.example.com/", "https://CDN.example.com:8443/"])
      expect(await refusalOf(url, unassigned)).toBe("unsent");
    for (const url of [
      "https://cdn.example.com:8444/",
      "http://cdn.example.com:8443/",
      "http://files.example.com:8080/",
    ])
      expect(await refusalOf(url, unassigned)).toBe("blocked");
    for (const address of ["10.0.0.1", "127.0.0.1", "::1", "198.18.0.1"])
      expect(await refusalOf("https://cdn.example.com:8443/", address)).toBe("blocked");
  });

  test("a refusal names the setting that would permit it", async () => {
    const remedyOf = async (url: string, options: EgressOptions = {}) => {
      const error: unknown = await post(url, options).catch((reason: unknown) => reason);
      return /; to allow it, set (.*)$/.exec(error instanceof Error ? error.message : "")?.[1];
    };
    const named = "https://video.example.com/";
    expect(await remedyOf("https://video.example.com:8443/v.mp4")).toBe('"allowHosts": ["video.example.com:8443"]');
    expect(await remedyOf("http://video.example.com/v.mp4")).toBe('"allowHosts": ["http://video.example.com"]');
    expect(await remedyOf(named, resolvesTo("10.1.2.3"))).toBe('"allowPrivate": ["10.1.2.3/32"]');
    expect(await remedyOf(named, resolvesTo("198.18.3.4"))).toBe('"allowPrivate": ["198.18.0.0/15"]');
    expect(await remedyOf(named, resolvesTo("fd00::1"))).toBe('"allowPrivate": ["fd00::1/128"]');
    expect(await remedyOf("https://10.1.2.3/")).toBe('"allowPrivate": ["10.1.2.3/32"]');
    expect(await remedyOf("https://8.8.8.8:8443/")).toBe('"allowHosts": ["8.8.8.8:8443"]');
    expect(await remedyOf("file:///etc/passwd")).toBeUndefined();
  });

  test("what a refusal names is permitted once it is set", async () => {
    const options = { ...resolvesTo("198.18.3.4"), connectTimeoutMs: 1 };
    await expect(post("https://video.example.com/", options)).rejects.toMatchObject({ kind: "blocked" });
    const opened = post("https://video.example.com/", { ...options, allowPrivate: ["198.18.0.0/15"] });
    await expect(opened).rejects.toMatchObject({ kind: "unsent" });
  });

  test.each(["cdn.example.com/path", "ftp://cdn.example.com", "user@cdn.example.com", "https://"])(
    "a host that is not one is refused at the start: %s",
    (entry) => {
      expect(() => createEgress({ allowHosts: [entry] })).toThrow("allowHosts");
    },
  );

  test("a range that is not CIDR is refused at the start", () => {
    expect(() => createEgress({ allowPrivate: ["10.0.0.1-10.0.0.9"] })).toThrow("allowPrivate");
  });
});

describe("guard: permits", () => {
  test.each(publicAddresses)("a public address: %s", (address) => {
    const addresses = readAddresses([]);
    expect(addresses.isPublic(address)).toBe(true);
    expect(() => checkUrl(new URL(`https://${bracketed(address)}/`), addresses)).not.toThrow();
  });

  test("a trusted URL at a private address", async () => {
    expect((await post(`http://127.0.0.1:${port()}/`, {}, true)).text).toBe("hit");
    expect((await post(`http://provider-simulator:${port()}/`, resolvesTo("127.0.0.1"), true)).text).toBe("hit");
  });

  test("no untrusted request on a socket that a trusted request opened", async () => {
    const resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    const egress = createEgress({ resolve, allowPrivate: ["10.0.0.0/8"] });
    onTestFinished(() => egress.close());
    const request = { method: "POST", url: `http://simulator:${port()}/`, body: "{}" } as const;
    await egress.request({ ...request, trusted: true });
    await expect(egress.request(request)).rejects.toMatchObject({ kind: "blocked" });
  });
});
