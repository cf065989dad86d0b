using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RLSquared.Cli.Output;

/// <summary>The one JSON object that a verb with <c>--json</c> writes.</summary>
internal static class JsonOutput
{
    /// <summary>Letters of all scripts as they are; only what JSON itself reserves is escaped.</summary>
    public static JsonWriterOptions Readable { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an object to standard output, on one line.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="content">Writes the properties.</param>
    public static void Write(Terminal terminal, Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }
        terminal.Output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
