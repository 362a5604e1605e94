import { AppError } from '../shared/errors';

/** The refusal of an order that is not there, or not for who asks. */
export const noOrder = (): AppError => new AppError('ORDER.NOT_FOUND', 'There is no such order.');
