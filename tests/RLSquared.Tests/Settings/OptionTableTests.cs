using RLSquared.Settings;

namespace RLSquared.Tests.Settings;

public sealed class OptionTableTests
{
    enum Shade
    {
        Light,
        VeryDark,
    }

    sealed record Paint
    {
        public int Layers { get; init => field = Require.AtLeast("layers", value, 1); } = 2;
        public double Gloss { get; init => field = Require.Within("gloss", value, 0, 1); } = 0.5;
        public float LearningRate { get; init => field = Require.Above("learning-rate", value, 0f); } = 3e-4f;
        public double Share { get; init => field = Require.Between("share", value, 0, 1); } = 0.25;
        public bool Wet { get; init; }
        public Shade Shade { get; init; }
        public string Label { get; init; } = "none";
    }

    static readonly OptionTable<Paint> table = new OptionTable<Paint>("the task paint", new())
        .Integer("layers", "coats", paint => paint.Layers, (paint, value) => paint with { Layers = value },
            low: "thin", high: "thick")
        .Number("gloss", "shine", paint => paint.Gloss, (paint, value) => paint with { Gloss = value })
        .Number("learning-rate", "pace",
            paint => paint.LearningRate, (paint, value) => paint with { LearningRate = value })
        .Number("share", "part", paint => paint.Share, (paint, value) => paint with { Share = value })
        .Switch("wet", "not dry", paint => paint.Wet, (paint, value) => paint with { Wet = value })
        .Choice("shade", "how dark", paint => paint.Shade, (paint, value) => paint with { Shade = value },
            ("light", Shade.Light), ("very-dark", Shade.VeryDark))
        .Words("label", "a name", paint => paint.Label, (paint, value) => paint with { Label = value });

    [Fact]
    public void Every_kind_of_option_is_read_from_text()
    {
        Paint paint = table.Apply(Assignment.ParseAll(
            ["layers=7", "gloss=1e-3", "learning-rate=0.01", "wet=yes", "shade=very_dark", "label=a=b"]));
        Assert.Equal((7, 0.001, 0.01f), (paint.Layers, paint.Gloss, paint.LearningRate));
        Assert.Equal((true, Shade.VeryDark, "a=b"), (paint.Wet, paint.Shade, paint.Label));
        Assert.Equal(0.25, paint.Share);
    }

    [Fact]
    public void What_is_shown_reads_back_to_the_same_options()
    {
        var paint = new Paint { Layers = 9, Gloss = 1 / 3.0, LearningRate = 0.1f, Wet = true, Label = "x y" };
        Assert.Equal(paint, table.Apply(table.Show(paint)));
        Assert.Contains(new Assignment("learning-rate", "0.1"), table.Show(paint));
    }

    [Fact]
    public void Case_and_underscores_do_not_count_in_keys_and_a_later_assignment_wins()
    {
        Paint paint = table.Apply(Assignment.ParseAll(["Layers=3", "LEARNING_RATE=1", "layers=4"]));
        Assert.Equal((4, 1f), (paint.Layers, paint.LearningRate));
    }

    [Theory]
    [InlineData("layers=0", "layers", "layers must be at least 1, but is 0")]
    [InlineData("layers=1.5", "layers", "layers must be a whole number such as 10, but is '1.5'")]
    [InlineData("layers=99999999999", "layers", "layers must be a whole number such as 10, but is '99999999999'")]
    [InlineData("gloss=1.5", "gloss", "gloss must be from 0 to 1, but is 1.5")]
    [InlineData("gloss=nan", "gloss", "gloss must be a number such as 0.5 or 3e-4, but is 'nan'")]
    [InlineData("learning-rate=-1", "learning-rate", "learning-rate must be above 0, but is -1")]
    [InlineData(
        "learning-rate=1e99", "learning-rate", "learning-rate must be a number such as 0.5 or 3e-4, but is '1e99'")]
    [InlineData("share=1", "share", "share must be above 0 and below 1, but is 1")]
    [InlineData("wet=perhaps", "wet", "wet must be a switch such as true or false, but is 'perhaps'")]
    [InlineData("shade=lihgt", "shade", "shade must be light or very-dark, but is 'lihgt'; did you mean 'light'?")]
    [InlineData("leyers=3", "leyers", "there is no option 'leyers'; did you mean 'layers'?")]
    public void A_wrong_assignment_says_what_is_wrong_and_what_would_do(string text, string option, string message)
    {
        var error = Assert.Throws<OptionException>(() => table.Apply([Assignment.Parse(text)]));
        Assert.Equal((option, message), (error.Option, error.Message));
    }

    [Theory]
    [InlineData("layers", "'layers' has no value; write key=value, such as layers=…")]
    [InlineData("=3", "'=3' names no option; write key=value, such as arms=10")]
    [InlineData("layers=", "'layers=' gives layers no value; write key=value, such as layers=…")]
    public void An_assignment_needs_a_key_and_a_value(string text, string message) =>
        Assert.Equal(message, Assert.Throws<OptionException>(() => Assignment.Parse(text)).Message);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void No_check_lets_a_number_pass_that_is_not_finite(double value)
    {
        Assert.Throws<OptionException>(() => Require.AtLeast("x", value, 0));
        Assert.Throws<OptionException>(() => Require.Above("x", value, 0));
        Assert.Throws<OptionException>(() => Require.AtMost("x", -value, 0));
        Assert.Throws<OptionException>(() => Require.Within("x", value, 0, double.MaxValue));
        Assert.Throws<OptionException>(() => Require.Between("x", value, 0, double.MaxValue));
    }

    [Fact]
    public void Assignments_are_divided_among_the_tables_that_know_them()
    {
        OptionTable<Paint> brushes = new OptionTable<Paint>("the agent brush", new())
            .Integer("hairs", "hairs", paint => paint.Layers, (paint, value) => paint with { Layers = value });
        IReadOnlyList<Assignment>[] shares =
            OptionTable.Divide(Assignment.ParseAll(["hairs=5", "wet=1", "layers=2"]), table, brushes);
        Assert.Equal(["wet=1", "layers=2"], shares[0].Select(share => share.ToString()));
        Assert.Equal(["hairs=5"], shares[1].Select(share => share.ToString()));
        var error = Assert.Throws<OptionException>(
            () => OptionTable.Divide(Assignment.ParseAll(["hair=5"]), table, brushes));
        Assert.Equal("there is no option 'hair'; did you mean 'hairs'?", error.Message);
    }

    [Fact]
    public void A_table_tells_what_low_and_high_values_do()
    {
        Assert.Equal(new Setting("layers", "whole number", "2", "coats", "thin", "thick"), table.Settings[0]);
        Assert.Equal("light or very-dark", table.Settings.Single(setting => setting.Name == "shade").Kind);
        Assert.Throws<ArgumentException>(() => new OptionTable<Paint>("the task paint", new())
            .Words("label", "", paint => paint.Label, (paint, _) => paint)
            .Words("label", "", paint => paint.Label, (paint, _) => paint));
    }
}
