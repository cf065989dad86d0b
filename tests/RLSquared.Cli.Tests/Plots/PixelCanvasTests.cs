using RLSquared.Reproduction.Plots;

namespace RLSquared.Cli.Tests.Plots;

public sealed class PixelCanvasTests
{
    static readonly Colour white = new(255, 255, 255), blue = new(0x00, 0x72, 0xb2);

    [Fact]
    public void A_line_along_an_axis_fills_whole_pixels()
    {
        var canvas = new PixelCanvas(20, 20);
        canvas.Line(Mark.Axis, 5, 10.1, 15, 10.1);                      // two pixels to a unit: rows 19 and 20
        Assert.Equal([white, new(0x66, 0x66, 0x66), new(0x66, 0x66, 0x66), white],
            Enumerable.Range(18, 4).Select(y => canvas.Picture[20, y]));
    }

    // A band from 5.25 to 10 of a page of 20: pixel 10 is covered by half, and a band shows 18 % of its colour.
    [Fact]
    public void A_pixel_takes_as_much_of_a_colour_as_is_covered_of_it()
    {
        var canvas = new PixelCanvas(20, 20);
        canvas.Band(0, [(5.25, 5), (10, 5), (10, 15), (5.25, 15)]);
        Assert.Equal(white, canvas.Picture[9, 20]);
        Assert.Equal((byte)Math.Round(255 - 255 * 0.09), canvas.Picture[10, 20].Red);
        Assert.Equal((byte)Math.Round(255 - 255 * 0.18), canvas.Picture[11, 20].Red);
        Assert.Equal(white, canvas.Picture[20, 20]);
        Assert.Equal(white, canvas.Picture[15, 9]);
    }

    [Fact]
    public void A_curve_is_two_units_wide_and_what_lies_outside_of_the_page_is_left_out()
    {
        var canvas = new PixelCanvas(20, 20);
        canvas.Curve(0, [(-50, 10), (70, 10)]);
        Assert.Equal([white, blue, blue, blue, blue, white], Enumerable.Range(17, 6).Select(y => canvas.Picture[3, y]));
    }

    [Fact]
    public void Every_letter_that_a_name_may_have_can_be_drawn()
    {
        string letters = string.Concat(Enumerable.Range(33, 94).Select(code => (char)code).Where(code => code != '`'));
        Assert.All(letters + "±²–−×·…''≤≥äöüéßαβγδεθλμπσ", letter => Assert.True(StrokeFont.Has(letter), $"{letter}"));
        Assert.True(StrokeFont.Width("wide") > StrokeFont.Width("ill"));
        Assert.Equal(StrokeFont.Width("1111"), StrokeFont.Width("8888"));       // figures stand in columns
        Assert.NotEmpty(StrokeFont.Strokes("漢"));
    }

    [Fact]
    public void A_text_stands_where_its_lettering_says()
    {
        (double first, double last) = Ink(Lettering.Name);
        Assert.InRange(first, 50, 52);
        Assert.InRange(last, 70, 80);
        (first, last) = Ink(Lettering.End);
        Assert.InRange(last, 48, 51);
        (first, last) = Ink(Lettering.Middle);
        Assert.Equal(50, (first + last) / 2, 1.0);

        static (double First, double Last) Ink(Lettering lettering)
        {
            var canvas = new PixelCanvas(100, 20);
            canvas.Text(lettering, 50, 15, "nine");
            int[] columns = [.. Enumerable.Range(0, 200).Where(
                x => Enumerable.Range(0, 40).Any(y => canvas.Picture[x, y] != white))];
            return (columns[0] / 2.0, columns[^1] / 2.0);
        }
    }
}
