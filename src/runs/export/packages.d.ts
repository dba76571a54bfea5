/** What is used of packages that may not be installed where this is compiled. */
declare module 'hyparquet-writer' {
  interface Column {
    readonly name: string;
    readonly data: readonly (number | string | null)[];
  }
  interface SchemaElement {
    readonly name: string;
    readonly num_children?: number;
    readonly type?: 'DOUBLE' | 'BYTE_ARRAY';
    readonly converted_type?: 'UTF8';
    readonly repetition_type?: 'OPTIONAL';
  }
  interface Writer {
    readonly offset: number;
  }
  export function fileWriter(path: string): Writer;
  export class ParquetWriter {
    constructor(options: {
      readonly writer: Writer;
      readonly schema: readonly SchemaElement[];
      readonly kvMetadata: readonly { readonly key: string; readonly value: string }[];
      readonly createdBy: string;
    });
    write(options: { readonly columnData: readonly Column[]; readonly rowGroupSize: number }): void | Promise<void>;
    finish(): void | Promise<void>;
  }
}

declare module 'h5wasm/node' {
  type Value = string | number | readonly string[] | Float64Array | Int16Array;
  interface HasAttributes {
    create_attribute(name: string, data: Value): void;
  }
  interface Dataset extends HasAttributes {
    resize(shape: readonly number[]): number;
    write_slice(
      ranges: readonly (readonly [number, number])[],
      data: Float64Array | Int16Array | readonly string[],
    ): void;
  }
  interface Group extends HasAttributes {
    create_group(name: string): Group;
    create_dataset(options: {
      readonly name: string;
      readonly data: Value;
      readonly shape?: readonly number[];
      readonly maxshape?: readonly (number | null)[];
      readonly chunks?: readonly number[];
      readonly dtype?: string;
      readonly compression?: number;
    }): Dataset;
  }
  export class File implements Group {
    constructor(path: string, mode: 'w' | 'r');
    get(path: string): {
      readonly shape: readonly number[] | null;
      slice(ranges: readonly (readonly [number, number])[]): ArrayLike<number | string>;
    } | null;
    create_group(name: string): Group;
    create_dataset: Group['create_dataset'];
    create_attribute(name: string, data: Value): void;
    close(): number;
  }
  export const ready: Promise<{
    /** From now on an error of the library is thrown, with its words, instead of printed. */
    activate_throwing_error_handler(): number;
    deactivate_throwing_error_handler(): number;
  }>;
}
