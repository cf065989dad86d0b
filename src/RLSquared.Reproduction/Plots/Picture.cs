namespace RLSquared.Reproduction.Plots;

/// <summary>A picture of red, green and blue bytes, row by row from the top left.</summary>
/// <param name="width">Pixels of a row.</param>
/// <param name="height">Rows.</param>
internal sealed class Picture(int width, int height)
{
    public int Width { get; } = width;

    public int Height { get; } = height;

    /// <summary>[Height, Width, 3].</summary>
    public byte[] Pixels { get; } = new byte[width * height * 3];

    /// <summary>Paints one pixel; outside of the picture nothing happens.</summary>
    public void Set(int x, int y, Colour colour)
    {
        if (x < 0 || x >= Width || y < 0 || y >= Height)
            return;
        int at = (y * Width + x) * 3;
        (Pixels[at], Pixels[at + 1], Pixels[at + 2]) = (colour.Red, colour.Green, colour.Blue);
    }

    /// <summary>The colour of a pixel.</summary>
    public Colour this[int x, int y]
    {
        get
        {
            int at = (y * Width + x) * 3;
            return new Colour(Pixels[at], Pixels[at + 1], Pixels[at + 2]);
        }
    }

    /// <summary>Paints a rectangle.</summary>
    public void Fill(int left, int top, int width, int height, Colour colour)
    {
        for (int y = top; y < top + height; y++)
        {
            for (int x = left; x < left + width; x++)
                Set(x, y, colour);
        }
    }

    /// <summary>Copies another picture to where its top left shall be.</summary>
    public void Paste(Picture other, int left, int top)
    {
        for (int y = 0; y < other.Height; y++)
        {
            for (int x = 0; x < other.Width; x++)
                Set(left + x, top + y, other[x, y]);
        }
    }

    /// <summary>
    /// The picture as lines of text for a screen that knows true colours: the upper half of each character is one pixel
    /// and the lower half another.
    /// </summary>
    public IEnumerable<string> HalfBlocks()
    {
        var line = new System.Text.StringBuilder();
        for (int y = 0; y < Height; y += 2)
        {
            line.Clear();
            for (int x = 0; x < Width; x++)
            {
                Colour upper = this[x, y], lower = y + 1 < Height ? this[x, y + 1] : default;
                line.Append(System.Globalization.CultureInfo.InvariantCulture,
                    $"\e[38;2;{upper.Red};{upper.Green};{upper.Blue}m" +
                    $"\e[48;2;{lower.Red};{lower.Green};{lower.Blue}m▀");
            }
            yield return line.Append("\e[0m").ToString();
        }
    }
}

/// <summary>Red, green and blue.</summary>
internal readonly record struct Colour(byte Red, byte Green, byte Blue);
