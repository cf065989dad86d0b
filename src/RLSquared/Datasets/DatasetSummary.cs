namespace RLSquared.Datasets;

/// <summary>
/// What a set holds, counted part by part: how many rows, how long trajectories are, and in which ranges.
/// </summary>
/// <param name="observationWidth">Numbers of an observation, D.</param>
/// <param name="actionNumbers">Numbers of an action, C.</param>
/// <param name="options">Options of the first choice of an action; 0 where there is none.</param>
internal sealed class DatasetSummary(int observationWidth, int actionNumbers, int options)
{
    /// <summary>All rows.</summary>
    public long Rows { get; private set; }

    /// <summary>All trajectories.</summary>
    public long Trajectories { get; private set; }

    /// <summary>Rows of the shortest trajectory.</summary>
    public int Shortest { get; private set; } = int.MaxValue;

    /// <summary>Rows of the longest trajectory.</summary>
    public int Longest { get; private set; }

    /// <summary>The mean rows of a trajectory.</summary>
    public double MeanLength => (double)Rows / Trajectories;

    /// <summary>The range of each number of an observation, [D].</summary>
    public NumberRange[] Observations { get; } = New(observationWidth);

    /// <summary>The range of each number of an action, [C].</summary>
    public NumberRange[] Actions { get; } = New(actionNumbers);

    /// <summary>How often each option of the first choice was taken.</summary>
    public long[] Choices { get; } = new long[options];

    /// <summary>Counts a part of the set.</summary>
    public void Add(GoalDataset part)
    {
        Rows += part.Rows;
        Trajectories += part.Trajectories;
        for (int trajectory = 0; trajectory < part.Trajectories; trajectory++)
        {
            int length = part.Starts[trajectory + 1] - part.Starts[trajectory];
            (Shortest, Longest) = (Math.Min(Shortest, length), Math.Max(Longest, length));
        }
        for (int row = 0; row < part.Rows; row++)
        {
            Count(Observations, part.ObservationOf(row));
            Count(Actions, part.ActionOf(row).Numbers);
            if (Choices.Length > 0)
                Choices[part.ActionOf(row).Choices[0]]++;
        }
    }

    static void Count(NumberRange[] ranges, ReadOnlySpan<float> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            ref NumberRange range = ref ranges[i];
            range.Least = Math.Min(range.Least, numbers[i]);
            range.Most = Math.Max(range.Most, numbers[i]);
            range.Sum += numbers[i];
            range.Squares += (double)numbers[i] * numbers[i];
            range.Count++;
        }
    }

    static NumberRange[] New(int count)
    {
        var ranges = new NumberRange[count];
        Array.Fill(ranges, new NumberRange { Least = float.PositiveInfinity, Most = float.NegativeInfinity });
        return ranges;
    }
}

/// <summary>The range of a number, its mean and its standard deviation.</summary>
internal record struct NumberRange
{
    public float Least;
    public float Most;
    public double Sum;
    public double Squares;
    public long Count;

    public readonly double Mean => Sum / Count;

    public readonly double Deviation => Math.Sqrt(Math.Max(0, Squares / Count - Mean * Mean));
}
