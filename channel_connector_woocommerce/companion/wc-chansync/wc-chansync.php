<?php
/**
 * Plugin Name: Channel Sync for WooCommerce
 * Description: Lets a stock system change stock atomically, and only where the shop shows what that system believes.
 * Version: 1.1.0
 * Requires at least: 6.5
 * Requires PHP: 7.4
 * Requires Plugins: woocommerce
 * License: GPL-2.0-or-later
 * License URI: https://www.gnu.org/licenses/gpl-2.0.html
 *
 * Stock that is written over the REST API of WooCommerce is read, computed and written back: a sale in between is
 * lost. Here the row is locked first, compared, and then changed with WooCommerce's own function.
 *
 * @package WC_Chansync
 */

defined( 'ABSPATH' ) || exit;

// Must begin with "wc-", or WooCommerce does not look at its keys there.
const WC_CHANSYNC_NAMESPACE = 'wc-chansync/v1';
const WC_CHANSYNC_VERSION   = '1.1.0';
const WC_CHANSYNC_MAX_ITEMS = 500;
const WC_CHANSYNC_KEEP_DAYS = 7;

register_activation_hook( __FILE__, 'wc_chansync_install' );
register_uninstall_hook( __FILE__, 'wc_chansync_uninstall' );
add_action( 'rest_api_init', 'wc_chansync_routes' );

/** The keys that were carried out, with their answers. */
function wc_chansync_table() {
	global $wpdb;
	return $wpdb->prefix . 'wc_chansync_keys';
}

function wc_chansync_install() {
	global $wpdb;
	// InnoDB, because a key and what was done under it are one transaction.
	$wpdb->query(
		'CREATE TABLE IF NOT EXISTS ' . wc_chansync_table() . ' (
			id char(64) CHARACTER SET ascii NOT NULL PRIMARY KEY,
			digest char(64) CHARACTER SET ascii NOT NULL,
			answer longtext NOT NULL,
			created datetime NOT NULL,
			KEY created (created)
		) ENGINE=InnoDB ' . $wpdb->get_charset_collate()
	);
}

function wc_chansync_uninstall() {
	global $wpdb;
	$wpdb->query( 'DROP TABLE IF EXISTS ' . wc_chansync_table() );
}

function wc_chansync_routes() {
	$may = function () {
		// Whether a key may read or write is checked by WooCommerce, by the method of the request.
		return wc_rest_check_post_permissions( 'product', 'batch' );
	};
	foreach (
		array(
			array( '/status', 'GET', 'wc_chansync_status' ),
			array( '/stock', 'GET', 'wc_chansync_read' ),
			array( '/stock', 'POST', 'wc_chansync_write' ),
		) as list( $path, $method, $callback )
	) {
		register_rest_route(
			WC_CHANSYNC_NAMESPACE,
			$path,
			array(
				'methods'             => $method,
				'callback'            => $callback,
				'permission_callback' => $may,
			)
		);
	}
}

/** What this is; "atomic" is false where the database cannot lock a row. */
function wc_chansync_status() {
	global $wpdb;
	$engines = $wpdb->get_col(
		$wpdb->prepare(
			'SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (%s, %s)',
			$wpdb->postmeta,
			wc_chansync_table()
		)
	);
	return array(
		'protocol' => 1,
		'version'  => WC_CHANSYNC_VERSION,
		'atomic'   => array( 'InnoDB', 'InnoDB' ) === $engines,
	);
}

/** GET stock?ids=1,2&shared=2: figure and what open checkouts hold of it. */
function wc_chansync_read( WP_REST_Request $request ) {
	$shared = wp_parse_id_list( (string) $request['shared'] );
	$items  = array();
	foreach ( wp_parse_id_list( (string) $request['ids'] ) as $id ) {
		$items[] = wc_chansync_state( $id, in_array( $id, $shared, true ) );
	}
	return array( 'items' => $items );
}

/** Why the stock of a product cannot be written, "" when it can. "Shared" is the figure that variations share. */
function wc_chansync_refusal( $product, $shared ) {
	if ( ! $product ) {
		return 'gone';
	}
	if ( $product->is_type( 'variable' ) !== $shared ) {
		return $shared ? 'not_shared' : 'variable';
	}
	if ( ! $product->managing_stock() ) {
		return 'unmanaged';
	}
	return $product->get_stock_managed_by_id() === $product->get_id() ? '' : 'parent';
}

/** The figure as the database has it, not as a cache remembers it. */
function wc_chansync_stock( $id, $lock = false ) {
	global $wpdb;
	$value = $wpdb->get_var(
		$wpdb->prepare( "SELECT meta_value FROM {$wpdb->postmeta} WHERE post_id = %d AND meta_key = '_stock'", $id )
		. ( $lock ? ' FOR UPDATE' : '' )
	);
	return (int) floor( (float) $value );
}

function wc_chansync_state( $id, $shared ) {
	$product = wc_get_product( $id );
	$refusal = wc_chansync_refusal( $product, $shared );
	if ( $refusal ) {
		return array( 'id' => $id, 'status' => 'rejected', 'code' => $refusal );
	}
	return array(
		'id'       => $id,
		'status'   => 'ok',
		'quantity' => wc_chansync_stock( $id ),
		'held'     => (int) ceil( wc_get_held_stock_quantity( $product ) ),
	);
}

/**
 * POST stock: all items and the key in one transaction. A key that was carried out answers as it did then; a twin that
 * is still at work makes the second wait at the INSERT.
 */
function wc_chansync_write( WP_REST_Request $request ) {
	global $wpdb;
	$key   = (string) $request['key'];
	$items = $request['items'];
	if ( ! preg_match( '/^[\x21-\x7e]{1,64}$/', $key ) || ! is_array( $items ) || count( $items ) > WC_CHANSYNC_MAX_ITEMS ) {
		return new WP_Error( 'wc_chansync_bad_request', 'A key and at most 500 items are needed.', array( 'status' => 400 ) );
	}
	$digest = hash( 'sha256', wp_json_encode( $items ) );
	$table  = wc_chansync_table();
	$wpdb->query( 'START TRANSACTION' );
	try {
		$new = $wpdb->query(
			$wpdb->prepare(
				"INSERT IGNORE INTO $table (id, digest, answer, created) VALUES (%s, %s, '', UTC_TIMESTAMP())",
				$key,
				$digest
			)
		);
		if ( false === $new ) {
			throw new RuntimeException( $wpdb->last_error );
		}
		if ( 0 === $new ) {
			$known = $wpdb->get_row( $wpdb->prepare( "SELECT digest, answer FROM $table WHERE id = %s FOR UPDATE", $key ) );
			$wpdb->query( 'COMMIT' );
			return wc_chansync_replay( $known, $digest );
		}
		wc_chansync_lock( $items );
		$answer = array( 'key' => $key, 'replayed' => false, 'items' => array_map( 'wc_chansync_change', $items ) );
		$stored = $wpdb->update( $table, array( 'answer' => wp_json_encode( $answer ) ), array( 'id' => $key ) );
		if ( 1 !== $stored || false === $wpdb->query( 'COMMIT' ) ) {
			throw new RuntimeException( $wpdb->last_error );
		}
	} catch ( Throwable $error ) {
		$wpdb->query( 'ROLLBACK' );
		return new WP_Error( 'wc_chansync_failed', $error->getMessage(), array( 'status' => 503 ) );
	}
	wc_chansync_finish( $answer['items'] );
	$wpdb->query(
		$wpdb->prepare(
			"DELETE FROM $table WHERE created < UTC_TIMESTAMP() - INTERVAL %d DAY LIMIT 500",
			WC_CHANSYNC_KEEP_DAYS
		)
	);
	return $answer;
}

function wc_chansync_replay( $known, $digest ) {
	if ( ! $known || $known->digest !== $digest ) {
		return new WP_Error( 'wc_chansync_key_reused', 'This key was used for other items.', array( 'status' => 409 ) );
	}
	$answer             = json_decode( $known->answer, true );
	$answer['replayed'] = true;
	wc_chansync_finish( $answer['items'] );
	return $answer;
}

/** Lock all rows first, always in the same order, or two requests could wait for each other. */
function wc_chansync_lock( $items ) {
	$ids = array_map( 'absint', array_column( array_filter( $items, 'is_array' ), 'id' ) );
	sort( $ids );
	foreach ( array_unique( $ids ) as $id ) {
		wc_chansync_stock( $id, true );
	}
}

/** Change one item whose row is locked: {id, delta} or {id, quantity, compare, allow_less}, either with "shared". */
function wc_chansync_change( $item ) {
	$id      = is_array( $item ) && isset( $item['id'] ) ? absint( $item['id'] ) : 0;
	$shared  = is_array( $item ) && isset( $item['shared'] ) && true === $item['shared'];
	$product = wc_get_product( $id );
	$refusal = wc_chansync_refusal( $product, $shared );
	if ( $refusal ) {
		return array( 'id' => $id, 'status' => 'rejected', 'code' => $refusal );
	}
	$now   = wc_chansync_stock( $id, true );
	$delta = wc_chansync_delta( $item, $now );
	if ( ! is_int( $delta ) ) {
		return array( 'status' => $delta ) + wc_chansync_state( $id, $shared );
	}
	if ( $delta ) {
		// "true": no save() in here, which would run other plugins while the row is locked.
		wc_update_product_stock( $product, abs( $delta ), $delta > 0 ? 'increase' : 'decrease', true );
		if ( wc_chansync_stock( $id, true ) !== $now + $delta ) {
			throw new RuntimeException( "stock of $id could not be written" );
		}
	}
	return wc_chansync_state( $id, $shared );
}

/** By how much to change, or "stale" / "rejected". */
function wc_chansync_delta( $item, $now ) {
	if ( isset( $item['delta'] ) && is_int( $item['delta'] ) ) {
		return $item['delta'];
	}
	if ( ! isset( $item['quantity'], $item['compare'] ) || ! is_int( $item['quantity'] ) || ! is_int( $item['compare'] ) ) {
		return 'rejected';
	}
	$change = $item['quantity'] - $item['compare'];
	if ( $now === $item['compare'] ) {
		return $change;
	}
	// Less is shown: a sale that the caller has not seen. What goes down may go down all the same, by the difference, while
	// there is so much to take off: what is sold cannot be given to another shop.
	$lowers = $change < 0 && $now < $item['compare'] && $now + $change >= 0;
	return $lowers && ! empty( $item['allow_less'] ) ? $change : 'stale';
}

/** After the commit: stock status, caches, and whatever else hangs on a saved product. */
function wc_chansync_finish( $items ) {
	foreach ( $items as $item ) {
		if ( 'ok' !== $item['status'] ) {
			continue;
		}
		clean_post_cache( $item['id'] );
		$product = wc_get_product( $item['id'] );
		if ( $product ) {
			$product->save();
		}
	}
}
