namespace RLSquared.Cli.Tests.Export;

/// <summary>How far the outputs of another engine lie from ours, over all steps of a model's trials.</summary>
sealed class EngineComparison(string model)
{
    /// <summary>The steps that were compared.</summary>
    public int Steps { get; set; }

    /// <summary>The numbers that were compared.</summary>
    public int Numbers { get; private set; }

    /// <summary>The largest difference; NaN if the engine gave a NaN where we have none.</summary>
    public float Largest { get; private set; }

    /// <summary>The output and step of the largest difference.</summary>
    public string Where { get; private set; } = "";

    /// <summary>Outputs with a wrong shape, or outside of their range.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Adds the numbers of one output of one step.</summary>
    public void Add(float[] given, float[] expected, string where)
    {
        Assert.Equal(expected.Length, given.Length);
        foreach ((float number, float wanted) in given.Zip(expected))
        {
            float difference = Math.Abs(number - wanted);
            Numbers++;
            if (!(difference <= Largest))
                (Largest, Where) = (difference, where);
        }
    }

    public override string ToString() => $"{model}: {Largest} in {Where}, of {Numbers} numbers";
}
