// Marks that nobody sees, and that make two names look alike which are not: zero-width ones, signs of direction, soft hyphens, fillers,
// and characters that control a terminal. The joiners stand inside of words of several scripts and of pictures, and are taken off the ends alone.
const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]+/g;
const ends = /^[\s\u200c\u200d]+|[\s\u200c\u200d]+$/g;

/** A name as it is kept: without what nobody sees, and without spaces around it. Nothing when there is nothing to see. */
export const plainName = (value) => value.replace(unseen, (marks) => (/[\t\n\r\u2028\u2029]/.test(marks) ? " " : "")).replace(ends, "");
