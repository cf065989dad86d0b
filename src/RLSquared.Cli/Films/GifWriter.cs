using System.Buffers.Binary;
using RLSquared.Reproduction.Plots;

namespace RLSquared.Cli.Films;

/// <summary>
/// Writes pictures of one size as an animated GIF (version 89a) that repeats for ever, in a fixed palette of 6 × 7 × 6
/// levels of red, green and blue.
/// </summary>
internal sealed class GifWriter : IDisposable
{
    const int Reds = 6, Greens = 7, Blues = 6;
    const int Bits = 8, ClearCode = 1 << Bits, EndCode = ClearCode + 1, MostCodes = 4096;

    readonly Stream output;
    readonly int width, height;
    readonly short[] next = new short[MostCodes << Bits];           // the code of a code's string and one more pixel
    readonly byte[] block = new byte[255];
    int blockLength, waiting, waitingBits;

    /// <summary>Begins a film.</summary>
    /// <param name="output">Where to; not disposed.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="height">Rows.</param>
    public GifWriter(Stream output, int width, int height)
    {
        (this.output, this.width, this.height) = (output, width, height);
        output.Write("GIF89a"u8);
        WriteShort(width);
        WriteShort(height);
        output.Write([0xF7, 0, 0]);                                 // a palette of 256 colours for all pictures
        for (int colour = 0; colour < 256; colour++)
        {
            int red = colour / (Greens * Blues), green = colour / Blues % Greens, blue = colour % Blues;
            output.WriteByte((byte)Math.Min(255, red * 255 / (Reds - 1)));
            output.WriteByte((byte)(green * 255 / (Greens - 1)));
            output.WriteByte((byte)(blue * 255 / (Blues - 1)));
        }
        output.Write([0x21, 0xFF, 11]);
        output.Write("NETSCAPE2.0"u8);
        output.Write([3, 1, 0, 0, 0]);                              // repeat for ever
    }

    /// <summary>Adds a picture.</summary>
    /// <param name="picture">Of the film's size.</param>
    /// <param name="hundredths">How long it is shown, in hundredths of a second.</param>
    public void Add(Picture picture, int hundredths)
    {
        output.Write([0x21, 0xF9, 4, 0]);
        WriteShort(hundredths);
        output.Write([0, 0, 0x2C, 0, 0, 0, 0]);
        WriteShort(width);
        WriteShort(height);
        output.Write([0, Bits]);
        Compress(picture.Pixels);
        output.WriteByte(0);
    }

    /// <summary>Ends the film.</summary>
    public void Dispose() => output.WriteByte(0x3B);

    // Lempel, Ziv and Welch: the longest string of pixels that has a code is written as that code, and it and the pixel
    // after it get the next code. Codes grow by a bit whenever a new one would not fit any more.
    void Compress(ReadOnlySpan<byte> pixels)
    {
        int codes = MostCodes, size = Bits + 1;
        Begin();
        int code = ColourOf(pixels);
        for (int i = 3; i < pixels.Length; i += 3)
        {
            int colour = ColourOf(pixels[i..]), place = (code << Bits) | colour;
            if (next[place] != 0)
            {
                code = next[place];
                continue;
            }
            Put(code, size);
            if (codes < MostCodes)
            {
                next[place] = (short)codes++;
                if (codes > 1 << size && size < 12)
                    size++;
            }
            else
            {
                Begin();
            }
            code = colour;
        }
        Put(code, size);
        // Readers make an entry one code later than this writer, so that the last one may make them expect more bits.
        if (codes == 1 << size && size < 12)
            size++;
        Put(EndCode, size);
        if (waitingBits > 0)
            PutByte((byte)waiting);
        (waiting, waitingBits) = (0, 0);
        Flush();

        void Begin()
        {
            Put(ClearCode, size);
            Array.Clear(next);
            (codes, size) = (EndCode + 1, Bits + 1);
        }
    }

    void Put(int code, int size)
    {
        waiting |= code << waitingBits;
        for (waitingBits += size; waitingBits >= 8; waitingBits -= 8, waiting >>= 8)
            PutByte((byte)waiting);
    }

    void PutByte(byte next)
    {
        block[blockLength++] = next;
        if (blockLength == block.Length)
            Flush();
    }

    void Flush()
    {
        if (blockLength == 0)
            return;
        output.WriteByte((byte)blockLength);
        output.Write(block.AsSpan(0, blockLength));
        blockLength = 0;
    }

    static int ColourOf(ReadOnlySpan<byte> pixel) =>
        (Level(pixel[0], Reds) * Greens + Level(pixel[1], Greens)) * Blues + Level(pixel[2], Blues);

    static int Level(byte channel, int levels) => (channel * (levels - 1) + 127) / 255;

    void WriteShort(int number)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)number);
        output.Write(bytes);
    }
}
