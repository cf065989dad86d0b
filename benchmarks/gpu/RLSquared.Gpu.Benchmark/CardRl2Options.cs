namespace RLSquared.Gpu.Benchmark;

/// <summary>RL² on Bernoulli bandits: one recurrent layer for the policy and one for the value.</summary>
sealed record CardRl2Options
{
    public int Arms { get; init; } = 10;
    public int Pulls { get; init; } = 100;
    public int Hidden { get; init; } = 256;
    public int Trials { get; init; } = 8192;
    public int Minibatch { get; init; } = 1024;
    public int Epochs { get; init; } = 5;
    public float LearningRate { get; init; } = 1e-3f;
    public float Clip { get; init; } = 0.2f;
    public float Entropy { get; init; } = 0.005f;
    public float ValueWeight { get; init; } = 0.5f;
    public float GradientNorm { get; init; } = 0.5f;
    public float Discount { get; init; } = 1;
    public float Lambda { get; init; } = 0.7f;
    /// <summary>What λ has become at the end of a training.</summary>
    public float LastLambda { get; init; } = 0.7f;
    public float ValueLambda { get; init; } = 1;

    /// <summary>Whether the return adds up negated regrets in place of rewards.</summary>
    public bool Regret { get; init; }

    /// <summary>Whether the driver is given the work of a minibatch at one call.</summary>
    public bool Records { get; init; } = true;
    public ulong Seed { get; init; } = 1;

    /// <summary>Numbers of an input row: reward, end of episode, time to go.</summary>
    public int Numbers { get; } = 3;

    /// <summary>All of an input row.</summary>
    public int Inputs => Arms + Numbers;
}
