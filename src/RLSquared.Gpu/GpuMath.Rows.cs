namespace RLSquared.Gpu;

// Row by row: softmax, normalisations, log-probabilities; images; learning and playing.
sealed partial class GpuMath
{
    /// <summary>y[r, :] = softmax of x[r, :], or its logarithm.</summary>
    public void Softmax(bool logarithm, int rows, int columns, nint x, nint y)
    {
        if (columns <= FewColumns)
            Launch(Kernel.SoftmaxOfFew, Groups(rows), [logarithm, rows, columns, x, y]);
        else
            Launch(Kernel.Softmax, GroupPerRow(rows), [logarithm, rows, columns, x, y]);
    }

    /// <summary>Its gradient from the result y and g.</summary>
    public void SoftmaxGradient(bool logarithm, int rows, int columns, nint y, nint g, nint dx)
    {
        if (columns <= FewColumns)
            Launch(Kernel.SoftmaxGradientOfFew, Groups(rows), [logarithm, rows, columns, y, g, dx]);
        else
            Launch(Kernel.SoftmaxGradient, GroupPerRow(rows), [logarithm, rows, columns, y, g, dx]);
    }

    /// <summary>Softmax of scale · x + mask over what a row sees; x is [batch, rows, columns].</summary>
    public void MaskedSoftmax(
        bool causal, int offset, int batch, int rows, int columns, float scale, nint x, nint mask, nint y) =>
        Launch(Kernel.MaskedSoftmax, GroupPerRow((long)batch * rows),
            [causal, offset, rows, columns, batch * rows, scale, x, mask, y]);

    /// <summary>Layer normalisation.</summary>
    public void LayerNormalise(
        int rows, int columns, float epsilon, nint x, nint gain, nint bias, nint y, nint mean, nint scale) =>
        Launch(Kernel.LayerNormalise, GroupPerRow(rows), [rows, columns, epsilon, x, gain, bias, y, mean, scale]);

    /// <summary>Root-mean-square normalisation.</summary>
    public void RmsNormalise(int rows, int columns, float epsilon, nint x, nint gain, nint y, nint scale) =>
        Launch(Kernel.RmsNormalise, GroupPerRow(rows), [rows, columns, epsilon, x, gain, y, scale]);

    /// <summary>Gradients of either; no mean and no dbias for the root-mean-square one.</summary>
    public void NormaliseGradient(int rows, int columns, nint x, nint gain, nint mean, nint scale, nint g, nint dx,
        nint dgain, nint dbias)
    {
        nint ofGain = KeptScratch((long)rows * columns * Float);
        Launch(Kernel.NormaliseGradient, GroupPerRow(rows), [rows, columns, x, gain, mean, scale, g, dx, ofGain]);
        SumOfRows(rows, columns, columns, ofGain, dgain);
        if (dbias != 0)
            SumOfRows(rows, columns, columns, g, dbias);
    }

    /// <summary>y[r] = log softmax of x[r, :] at index[r]; logSum [rows] is for the gradient, or none.</summary>
    public void SelectedLogProbability(int rows, int columns, nint x, nint index, nint y, nint logSum) =>
        Launch(Kernel.SelectedLogProbability, GroupPerRow(rows), [rows, columns, x, index, y, logSum]);

    /// <summary>Its gradient.</summary>
    public void SelectedLogProbabilityGradient(int rows, int columns, nint x, nint index, nint g, nint dx)
    {
        nint logSum = KeptScratch(2L * rows * Float), unused = logSum + rows * Float;
        SelectedLogProbability(rows, columns, x, index, unused, logSum);
        Launch(Kernel.SelectedLogProbabilityGradient, Groups(Count((long)rows * columns)),
            [rows, columns, x, index, logSum, g, dx]);
    }

    /// <summary>
    /// Rotates pairs of numbers by angles that grow with the position; tables are [positions, width / 2].
    /// </summary>
    public void Rotary(bool backwards, int rows, int heads, int width, int period, int first, nint cosine, nint sine,
        nint x, nint y) =>
        Launch(Kernel.Rotary, Groups(Count((long)rows * heads * width / 2)),
            [backwards, rows, heads, width, period, first, cosine, sine, x, y]);

    /// <summary>What a window sees at each place, as rows.</summary>
    public void ImageToColumns(bool channelsLast, in ImageWindow window, nint images, nint columns) =>
        Launch(Kernel.ImageToColumns, Groups(Count((long)window.Images * window.Down * window.Across * window.Seen)),
            [channelsLast, window.Images, window.Channels, window.Height, window.Width, window.Down, window.Across,
                window.KernelHeight, window.KernelWidth, window.Stride, window.Padding, images, columns]);

    /// <summary>Adds what each window sees back to the images.</summary>
    public void ColumnsToImage(bool channelsLast, in ImageWindow window, nint columns, nint images) =>
        Launch(Kernel.ColumnsToImage,
            Groups(Count((long)window.Images * window.Channels * window.Height * window.Width)),
            [channelsLast, window.Images, window.Channels, window.Height, window.Width, window.Down, window.Across,
                window.KernelHeight, window.KernelWidth, window.Stride, window.Padding, columns, images]);

    /// <summary>y = relu(y + bias), [rows, filters].</summary>
    public void AddBiasRelu(int rows, int filters, nint bias, nint y) =>
        Launch(Kernel.AddBiasRelu, Groups(Count((long)rows * filters)),
            [Count((long)rows * filters), filters, bias, y]);

    // ---- learning ----

    /// <summary>One step of Adam.</summary>
    public void Adam(float beta1, float beta2, float step, float correction, float epsilon, float keep, long count,
        nint gradient, nint first, nint second, nint weight) =>
        Launch(Kernel.Adam, Groups(count),
            [beta1, beta2, step, correction, epsilon, keep, Count(count), gradient, first, second, weight]);

    /// <summary>What shortens a vector of Σ squares total[0] to the limit, and its length.</summary>
    public void ClipFactor(float limit, nint total, nint factor, nint norm) =>
        Launch(Kernel.ClipFactor, (1, 1, 1), [limit, total, factor, norm]);

    /// <summary>x shortened to the limit if norm[0] is finite and above it.</summary>
    public void LimitByNorm(float limit, long count, nint norm, nint x) =>
        Launch(Kernel.LimitByNorm, Groups(count), [limit, Count(count), norm, x]);

    /// <summary>x cut to ±limit if norm[0] is finite.</summary>
    public void LimitByElement(float limit, long count, nint norm, nint x) =>
        Launch(Kernel.LimitByElement, Groups(count), [limit, Count(count), norm, x]);

    /// <summary>δ and λ d of generalised advantages.</summary>
    public void AdvantageTerms(
        float lambda, long count, int lanes, nint rewards, nint discounts, nint values, nint delta, nint factor) =>
        Launch(Kernel.AdvantageTerms, Groups(count),
            [lambda, Count(count), lanes, rewards, discounts, values, delta, factor]);

    /// <summary>sums = (Σ w x, Σ w), or of squares about the mean that shift = (Σ w x, Σ w) says.</summary>
    public void WeightedSums(bool squares, long count, nint x, nint weight, nint shift, nint sums)
    {
        (int groups, _, _) = Groups(count);
        groups = Math.Min(groups, 512);
        nint partial = Scratch(2 * groups * Float);
        Launch(Kernel.WeightedSums, (groups, 1, 1), [squares ? 2 : 1, Count(count), x, weight, shift, partial]);
        Launch(Kernel.Finish, (1, 1, 1), [groups, false, partial, sums]);
        Launch(Kernel.Finish, (1, 1, 1), [groups, false, partial + groups * Float, sums + Float]);
    }

    /// <summary>x to mean 0 and deviation 1 where the weight is 1.</summary>
    public void Standardise(long count, nint first, nint second, nint weight, nint x) =>
        Launch(Kernel.Standardise, Groups(count), [Count(count), first, second, weight, x]);

    /// <summary>Running moments of five numbers.</summary>
    public void UpdateMoments(float rate, nint first, nint second, nint moments) =>
        Launch(Kernel.UpdateMoments, (1, 1, 1), [rate, first, second, moments]);

    /// <summary>y = (x − mean) / deviation, or backwards.</summary>
    public void ByMoments(bool backwards, long count, nint moments, nint x, nint y) =>
        Launch(Kernel.ByMoments, Groups(count), [backwards, Count(count), moments, x, y]);

    /// <summary>Loss and slopes of proximal policy optimisation; sums is [5, rows].</summary>
    public void ClippedObjective(int rows, int actions, float clip, float valueWeight, float entropyWeight,
        float weight, nint logits, nint taken, nint oldLogProbability, nint advantage, nint values, nint target,
        nint active, nint dlogits, nint dvalues, nint sums) =>
        Launch(Kernel.ClippedObjective, Groups(rows),
            [rows, actions, clip, valueWeight, entropyWeight, weight, logits, taken, oldLogProbability, advantage,
                values, target, active, dlogits, dvalues, sums]);

    // ---- playing ----

    /// <summary>Actions of the policy softmax(logits + bias), by the trials' own random numbers.</summary>
    public void SampleActions(bool greedy, int rows, int actions, ulong seed, ulong firstTrial, int step, int choice,
        nint logits, nint bias, nint chosen, nint logProbability) =>
        Launch(Kernel.SampleActions, Groups(rows),
            [greedy, rows, actions, seed, firstTrial, step, choice, logits, bias, chosen, logProbability]);

    /// <summary>The same with given uniform numbers.</summary>
    public void SampleCategorical(
        int rows, int actions, nint logits, nint uniform, nint chosen, nint logProbability) =>
        Launch(Kernel.SampleCategorical, Groups(rows), [rows, actions, logits, uniform, chosen, logProbability]);

    /// <summary>The arms of new trials.</summary>
    public void BeginBandits(int lanes, int arms, ulong seed, ulong firstTrial, nint means, nint pulled) =>
        Launch(Kernel.BeginBandits, Groups((long)lanes * arms), [lanes, arms, seed, firstTrial, means, pulled]);

    /// <summary>One pull in each lane.</summary>
    public void PullBandits(int lanes, int arms, ulong seed, ulong firstTrial, nint means, nint pulled, nint chosen,
        nint rewards, nint regrets) =>
        Launch(Kernel.PullBandits, Groups(lanes),
            [lanes, arms, seed, firstTrial, means, pulled, chosen, rewards, regrets]);

    /// <summary>The input rows of a step.</summary>
    public void BanditInput(
        int lanes, int step, int pulls, int width, nint previous, nint rewards, nint indices, nint dense) =>
        Launch(Kernel.BanditInput, Groups(lanes), [lanes, step, pulls, width, previous, rewards, indices, dense]);
}

/// <summary>Where a window goes over images.</summary>
readonly record struct ImageWindow(int Images, int Channels, int Height, int Width, int Down, int Across,
    int KernelHeight, int KernelWidth, int Stride, int Padding)
{
    /// <summary>Numbers that the window sees.</summary>
    public int Seen => Channels * KernelHeight * KernelWidth;
}
