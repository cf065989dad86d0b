namespace RLSquared.Tensors.Files;

/// <summary>
/// What a message can show of a text from a file: such a text may be as long as the file and go over many lines.
/// </summary>
static class Excerpt
{
    const int Most = 240;

    /// <summary>The beginning of a text on one line.</summary>
    public static string Of(string text)
    {
        ReadOnlySpan<char> start = text.AsSpan(0, Math.Min(Most, text.Length));
        return string.Create(start.Length + (text.Length > Most ? 1 : 0), start, static (shown, start) =>
        {
            shown.Fill('…');
            for (int i = 0; i < start.Length; i++)
                shown[i] = char.IsControl(start[i]) ? '\uFFFD' : start[i];
        });
    }
}
