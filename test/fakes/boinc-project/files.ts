import { downloadPath, maxOutputBytes, outputFile, type Project } from './project.ts';
import type { WebAnswer, WebRequest } from './web-server.ts';
import { elements, field, numberField } from './xml.ts';

/** Sends an input file or the application, from where an earlier download broke off if asked so. */
export function download(project: Project, request: WebRequest): WebAnswer {
  const content = project.file(decodeURIComponent(request.path.slice(downloadPath.length)));
  if (content === undefined) return { status: 404, body: '' };
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const type = 'application/octet-stream';
  if (from === undefined) return { type, body: content };
  if (start >= content.length) return { status: 416, type, body: '' };
  const headers = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
  return { status: 206, type, headers, body: content.subarray(start) };
}

/** BOINC's file upload handler: how much of a file is here, and the rest of it. Checks the project's own signature. */
export function upload(project: Project, request: WebRequest): WebAnswer {
  const mark = Buffer.from('<data>\n');
  const at = request.body.indexOf(mark);
  const head = (at === -1 ? request.body : request.body.subarray(0, at)).toString('latin1');
  if (!head.includes('<data_server_request>')) return refuse('This is no request to an upload handler.');
  const asked = field(head, 'get_file_size');
  if (asked !== '') return accept(elements({ file_size: taskOf(project, asked)?.output?.length ?? 0 }));
  const name = field(head, 'name');
  const task = taskOf(project, name);
  if (!task) return refuse(`There is no file ${name}.`);
  const signed = `<name>${name}</name><max_nbytes>${maxOutputBytes}</max_nbytes>`;
  const isOurs = withoutSpace(field(head, 'xml_signature')) === withoutSpace(project.signer.signText(signed));
  if (!isOurs || at === -1) return refuse('The signature of the file is wrong.');
  const size = numberField(head, 'nbytes');
  const offset = numberField(head, 'offset');
  if (size > maxOutputBytes || offset > (task.output?.length ?? 0)) return refuse('The file does not fit.');
  task.uploadedFrom.push(offset);
  const more = request.body.subarray(at + mark.length, at + mark.length + size - offset);
  task.output = Buffer.concat([task.output?.subarray(0, offset) ?? Buffer.alloc(0), more]);
  return task.output.length === size ? accept('') : answer(1, elements({ message: 'It came only in part.' }));
}

const taskOf = (project: Project, file: string) => project.tasks.find((task) => outputFile(task) === file);

const withoutSpace = (text: string): string => text.replaceAll(/\s/g, '');

const accept = (content: string): WebAnswer => answer(0, content);

/** The client gives up a file that is refused so. */
const refuse = (words: string): WebAnswer => answer(-1, elements({ message: words }));

function answer(status: number, content: string): WebAnswer {
  const body = `<data_server_reply>\n${elements({ status })}${content}</data_server_reply>\n`;
  return { type: 'text/plain', body };
}
