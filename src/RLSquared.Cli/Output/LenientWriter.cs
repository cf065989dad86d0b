using System.Text;

namespace RLSquared.Cli.Output;

/// <summary>
/// Progress and messages to a place that may fail: a full disk, a terminal that was closed. What cannot be written is
/// lost, and the writer goes on: a training must not end because its progress cannot be shown.
/// </summary>
/// <param name="inner">Where to; not owned.</param>
internal sealed class LenientWriter(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (
            failure is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // There is nowhere to say so.
        }
    }
}
