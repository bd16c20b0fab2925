import { hkdfSync, randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Secret } from "./secret.ts";
import { StartError } from "./start-error.ts";

const secretBytes = 32;

/**
 * The random secret of this installation, in `<home>/secret` (mode 0600). Created once; processes that start at the
 * same time get the same secret.
 */
export async function installationSecret(home: string): Promise<Secret<Buffer>> {
  const path = join(home, "secret");
  const bytes = (await readIfThere(path)) ?? (await make(home, path));
  if (bytes.length !== secretBytes) {
    throw new StartError(
      `${path} holds ${bytes.length} bytes instead of ${secretBytes}: restore it from a backup, or delete it and ` +
        "expect callbacks and webhook signatures made with the old one to be refused",
    );
  }
  return new Secret(bytes);
}

/** A key of 32 bytes for one purpose; it reveals nothing about the secret or the keys of other purposes. */
export function deriveKey(secret: Secret<Buffer>, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret.reveal(), "reelqueue", purpose, 32));
}

/** The secret that signs the webhooks of a tenant that configured none. */
export function derivedWebhookSecret(secret: Secret<Buffer>, tenant: string): string {
  return `whsec_${deriveKey(secret, `webhook:${tenant}`).toString("base64")}`;
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw new StartError(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Writes a draft, then links it into place. A link never replaces a file: the first process wins, and all read the same secret. */
async function make(home: string, path: string): Promise<Buffer> {
  const draft = `${path}.${randomBytes(8).toString("hex")}`;
  try {
    await mkdir(home, { recursive: true });
    await writeDurably(draft, randomBytes(secretBytes));
    try {
      await link(draft, path);
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    } finally {
      await unlink(draft);
    }
    await syncDirectory(home);
    return await readFile(path);
  } catch (error) {
    throw new StartError(`the installation secret cannot be written to ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  await file.writeFile(bytes);
  await file.sync();
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
