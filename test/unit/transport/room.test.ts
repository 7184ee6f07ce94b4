/** Who has room for an answer, and who waits for it. */

import { expect, it } from "vitest";
import { createCall, type CallControl } from "../../../src/model/call.ts";
import { Reservation, Room } from "../../../src/transport/call/room.ts";

const control = (): CallControl => createCall({ timeout: Infinity, requestId: "r" });
const limits = { bytesInFlight: 100 };

interface Queue {
  /** What has been let in so far, in order. */
  readonly entered: string[];
  readonly ask: (name: string, bytes: number, asking?: CallControl) => Reservation;
}

function queueAt(room: Room): Queue {
  const entered: string[] = [];
  return {
    entered,
    ask: (name, bytes, { call } = control()) => {
      const reservation = new Reservation(room);
      const waits = reservation.set(bytes, call);
      if (waits) void waits.then(() => entered.push(name));
      else entered.push(name);
      return reservation;
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it("lets in what fits beside what is held and set aside, and others in the order of coming", async () => {
  const room = new Room(limits);
  const { entered, ask } = queueAt(room);
  room.hold(30);
  ask("a", 40);
  ask("b", 40);
  ask("c", 10);
  await turn();
  expect(entered, "the small one waits behind the large one").toEqual(["a"]);
  room.release(30);
  await turn();
  expect(entered).toEqual(["a", "b", "c"]);
  expect(room.held, "what is set aside is not held").toBe(0);
});

it("lets one in while there is any room, and nobody while there is none", async () => {
  const room = new Room(limits);
  const { entered, ask } = queueAt(room);
  room.hold(101);
  const a = ask("a", 400);
  ask("b", 1);
  await turn();
  expect(entered).toEqual([]);
  room.release(2);
  await turn();
  expect(entered).toEqual(["a"]);
  a.end();
  await turn();
  expect(entered).toEqual(["a", "b"]);
});

it("gives back once what was set aside, also of a call that ended while it waited, or before it was let in", async () => {
  const room = new Room(limits);
  const { entered, ask } = queueAt(room);
  const a = ask("a", 100);
  const gone = control();
  ask("gone", 90, gone);
  const over = ask("over", 90);
  gone.abort("cancelled");
  await turn();
  expect(entered, "who no longer waits goes on to its own failure").toEqual(["a", "gone"]);
  over.end();
  a.end();
  a.end();
  await turn();
  const b = ask("b", 60);
  await turn();
  expect(entered).toEqual(["a", "gone", "over", "b"]);
  ask("c", 60);
  b.end();
  await turn();
  expect(entered).toEqual(["a", "gone", "over", "b", "c"]);
});

it("sets another amount aside in the place of the one before, and none for a call that is over", () => {
  const room = new Room(limits);
  const { call } = control();
  const reservation = new Reservation(room);
  expect(reservation.set(90, call)).toBeUndefined();
  expect(reservation.set(100, call)).toBeUndefined();
  expect(reservation.set(0, call)).toBeUndefined();
  expect(new Reservation(room).set(100, call), "all is given back").toBeUndefined();
  reservation.end();
  expect(reservation.set(100, call), "nothing is set aside for it").toBeUndefined();
});
