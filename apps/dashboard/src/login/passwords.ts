import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { BlockList, isIP } from "node:net";
import { join } from "node:path";
import { StartError } from "@reelqueue/runtime";

export interface Credentials {
  user: string;
  password: string;
}

export interface PasswordOptions {
  host: string;
  home: string;
  operator: { user: string; password: string | undefined };
  viewer?: Credentials;
}

export interface Passwords {
  operator: Credentials;
  viewer?: Credentials;
  /** A sentence for the operator: how to log in. */
  hint: string;
}

const minChars = 8;
const wellKnown = new Set(["password", "passw0rd", "changeme", "change-me", "12345678", "123456789", "adminadmin"]);

/**
 * The passwords to log in with. On loopback a missing password is generated once, in `<home>/dashboard-password`; on
 * any other address a missing, short or well-known password is a StartError.
 */
export async function choosePasswords({ host, home, operator, viewer }: PasswordOptions): Promise<Passwords> {
  if (viewer?.user === operator.user) throw new StartError("DASHBOARD_USER and DASHBOARD_VIEWER_USER must differ");
  if (!isLoopback(host)) {
    demandStrong("DASHBOARD_PASSWORD", operator.user, operator.password, host);
    if (viewer) demandStrong("DASHBOARD_VIEWER_PASSWORD", viewer.user, viewer.password, host);
  }
  const chosen = operator.password;
  const file = join(home, "dashboard-password");
  return {
    operator: { user: operator.user, password: chosen ?? (await passwordIn(home, file)) },
    ...(viewer !== undefined && { viewer }),
    hint: `log in as ${operator.user} with the password ${chosen === undefined ? `in ${file}` : "of DASHBOARD_PASSWORD"}`,
  };
}

function demandStrong(variable: string, user: string, password: string | undefined, host: string): void {
  const reason = weakness(user, password);
  if (reason === undefined) return;
  throw new StartError(
    `the dashboard does not listen on ${host} ${reason}: set ${variable} to one of ${minChars} characters or more, or HOST to 127.0.0.1`,
  );
}

function weakness(user: string, password: string | undefined): string | undefined {
  if (password === undefined) return "without a password";
  const lower = password.toLowerCase();
  if (wellKnown.has(lower) || lower === user.toLowerCase()) return "with a password that everybody knows";
  return password.length < minChars ? "with a password that short" : undefined;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const version = isIP(host);
  return version !== 0 && loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}

/**
 * Creates the file exclusively: of two processes that start at once, one creates it and both read the same password.
 */
async function passwordIn(home: string, file: string): Promise<string> {
  try {
    await mkdir(home, { recursive: true });
    await writeFile(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
      throw new StartError(
        `${file} cannot be written: ${messageOf(error)}; set DASHBOARD_PASSWORD, or REELQUEUE_HOME to a folder of this user`,
        { cause: error },
      );
    }
  }
  const password = (await readFile(file, "utf8")).trim();
  if (password === "") throw new StartError(`${file} is empty: delete it, and a new password is generated`);
  return password;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
